import { type Static, Type } from 'typebox'
import { severities } from '../../core/breach.ts'
import { durationMs } from '../../core/duration.ts'
import type { Mode } from '../../core/policy.ts'
import type { ResourceKind, State } from './subject.ts'

const closed = { additionalProperties: false } as const
const longerThan = (byDefault: string) =>
  Type.String({
    pattern: '^(never|[1-9][0-9]{0,3}(m|h|d))$',
    title: 'a duration such as 12h or 30d, or never',
    default: byDefault
  })

/** Settings of `server-hygiene`, as written under `policies.server-hygiene.settings`. */
export const hygieneSchema = Type.Object(
  {
    servers: Type.Object({ error: longerThan('1d'), shutoff: longerThan('30d') }, { ...closed, default: {} }),
    volumes: Type.Object({ unattached: longerThan('30d') }, { ...closed, default: {} }),
    floatingIps: Type.Object(
      { unattached: longerThan('7d'), release: longerThan('never') },
      { ...closed, default: {} }
    ),
    keep: Type.String({
      pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
      title: 'a word of small letters, digits, - and _',
      default: 'keep'
    }),
    exempt: Type.Array(Type.String({ minLength: 1, title: 'an id' }), {
      default: [],
      title: 'ids of servers, volumes and floating IPs that are left alone'
    }),
    severity: Type.Enum([...severities], { default: 'medium', title: 'from high on it also counts as an alarm' })
  },
  closed
)

/** With what the configuration says of the clusters for all policies. */
export type HygieneSettings = Static<typeof hygieneSchema> & {
  /** Cluster → its tier, and the mode of this policy there. */
  readonly placed?: Readonly<Record<string, Placed>>
}

/** A cluster's tier, and the mode of the policy there. */
export interface Placed {
  readonly tier: 'bursty' | 'change-controlled' | 'always-on'
  readonly mode: Mode
}

/** Sooner, an address that somebody is about to use would be gone. */
const soonestMs = 3_600_000

/** Returns how long something may be in this state before it is reported, in ms; null: for ever. */
export function limitMs(state: State, kind: ResourceKind, settings: HygieneSettings): number | null {
  if (state === 'error') return durationMs(settings.servers.error)
  if (state === 'shutoff') return durationMs(settings.servers.shutoff)
  if (state !== 'unattached') return null
  return durationMs(kind === 'volume' ? settings.volumes.unattached : settings.floatingIps.unattached)
}

/** Returns how long a floating IP may be unattached before it is released, in ms; null: for ever. */
export const releaseMs = ({ release }: { readonly release: string }): number | null => durationMs(release)

/** Mistakes that the schema cannot see. */
export function checkHygiene(settings: HygieneSettings): readonly string[] {
  const { unattached, release } = settings.floatingIps
  const after = releaseMs({ release })
  if (after === null) return []
  if (after < soonestMs)
    return [`floatingIps.release is ${release}: at least 1h, or an address that somebody is about to use would be gone`]
  const told = durationMs(unattached)
  if (told !== null && told <= after) return []
  return [
    `floatingIps.release is ${release} and floatingIps.unattached ${unattached}: ` +
      'an address must be told before it is released, or nobody could keep it'
  ]
}
