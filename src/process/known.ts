import type { Check } from '../base/check.ts'
import type { Config } from '../config/config.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import type { Doors } from '../people/people.ts'
import type { Parts } from '../pipeline/parts.ts'
import { receive } from '../pipeline/pipeline.ts'
import { enabledPolicies, quotaInstances, serviceNames } from '../policies/enabled.ts'
import type { Journal, Reading } from '../store/journal.ts'
import type { OtherClock } from './tools.ts'

/** What follows from one configuration without asking anybody: enough to receive and to serve. */
export interface Known {
  readonly config: Config
  /** Whom events wake, and where they are journalled. */
  readonly routing: Pick<Parts, 'journal' | 'policies'>
  readonly doors: Doors
  /** What deciding and acting needs, clients of every cloud among it; null: this process does neither. */
  readonly parts: Parts | null
  /** Cloud services that are left alone. */
  checks(): readonly Check[]
  /** Mistakes that only the clouds show, as far as they answer in time: such a configuration is not taken up. */
  undecided(withinMs: number): Promise<readonly string[]>
  /** The clocks of its clouds, as far as they say so in time. */
  clocks(withinMs: number): Promise<readonly OtherClock[]>
  /** Where the clouds' entries and certificates are, or may come to be. */
  files(): readonly string[]
  close(): void
}

/** What stays the same whatever the configuration says. */
interface Stays {
  readonly journal: Journal
  /** The journal as people ask it. */
  readonly reading: Reading
  readonly stopAtOnce?: Doors['stopAtOnce']
  readonly now: () => number
}

/** Derives what people ask through, and which policies hear of events. */
export function doorsOf(
  config: Config,
  policies: readonly EnabledPolicy[],
  { journal, reading, stopAtOnce, now }: Stays
): Doors {
  return {
    journal,
    reading,
    tiers: Object.fromEntries(config.clusters.map(({ name, tier }) => [name, tier])),
    approvals: config.approvals,
    operate: config.access.operate,
    quotas: quotaInstances(config),
    services: serviceNames(config),
    now,
    ...(stopAtOnce === undefined ? {} : { stopAtOnce }),
    receive: (batch) => receive({ journal, policies }, batch)
  }
}

/** Takes up a configuration where nobody decides or acts: no client is opened. */
export function know(config: Config, stays: Stays): { readonly ok: true; readonly live: Known } {
  const policies = enabledPolicies(config)
  return {
    ok: true,
    live: {
      config,
      routing: { journal: stays.journal, policies },
      doors: doorsOf(config, policies, stays),
      parts: null,
      checks: () => [],
      undecided: async () => [],
      clocks: async () => [],
      files: () => [],
      close: () => {}
    }
  }
}
