import { dnsWord } from './dns-records/words.ts'
import { isolationWord } from './isolation/view/words.ts'
import { quotaWord } from './quota-rebalance/view/words.ts'
import { findingsWord } from './shared/findings-word.ts'
import { restartWord } from './workload-actions/words.ts'

/** The words that policies bring along, each in the folder of its policy, and the one for what all of them find. */
export const policyWords = [dnsWord, restartWord, quotaWord, isolationWord, findingsWord] as const
