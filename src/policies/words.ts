import { dnsWord } from './dns-records/words.ts'
import { isolationWord } from './isolation/view/words.ts'
import { quotaWord } from './quota-rebalance/view/words.ts'
import { restartWord } from './workload-actions/words.ts'

/** The words that policies bring along, each in the folder of its policy. */
export const policyWords = [dnsWord, restartWord, quotaWord, isolationWord] as const
