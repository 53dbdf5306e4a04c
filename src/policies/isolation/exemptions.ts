import { endOf } from '../../core/until.ts'
import { type Meant, meant, type Names } from './naming.ts'
import type { Exemption } from './settings.ts'
import type { World } from './world.ts'

/** Returns when an exemption ends, in ms since the epoch: a day counts to its end, in UTC. */
export const endsAt = ({ until }: Exemption): number => endOf(until)

/** Finds the exemptions of a resource, by its id, its name in its cluster, or the id of the part that breaches; `bare` by a name alone. */
export const exemptionsFor = (names: Names, how: Exclude<Meant, null>, world: World): readonly Exemption[] =>
  world.settings.exempt.filter(({ resource }) => meant(resource, names, world) === how)

/** Finds the exemption that covers a rule and lasts longest; null where none does. */
export function covering(rule: string, exemptions: readonly Exemption[], now: number): Exemption | null {
  const live = exemptions.filter((one) => (one.rule === rule || one.rule === '*') && endsAt(one) > now)
  return live.sort((a, b) => endsAt(b) - endsAt(a))[0] ?? null
}

/** Reports the exemptions that are over, as findings: they are either renewed or taken out of the configuration. */
export function overdue(exemptions: readonly Exemption[], now: number): readonly string[] {
  return exemptions
    .filter((one) => endsAt(one) <= now)
    .map(
      ({ rule, resource, owner, reason, until }) =>
        `the exemption of ${resource} from ${rule === '*' ? 'all rules' : rule} ran out (until ${until}; ${owner}: ${reason}): renew it or take it out of policies.isolation.settings.exempt`
    )
}
