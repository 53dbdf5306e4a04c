import type { Way } from './isolation-hands.ts'
import { networkWays } from './isolation-ways-network.ts'
import { peopleWays } from './isolation-ways-people.ts'
import { storageWays } from './isolation-ways-storage.ts'

/** One for every rule. */
export const ways: readonly Way[] = [...networkWays, ...storageWays, ...peopleWays]

export const wayOf = (rule: string): Way => ways.find((one) => one.rule === rule)!
