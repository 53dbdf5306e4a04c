import type { NamePin } from '../../../store/policy-rows.ts'
import type { Doubt } from './subjects.ts'

/** One thing that a name of the configuration may mean. */
export interface Candidate {
  /** What is remembered of it: its id, or of what comes in versions (images) the project that owns them. */
  readonly pin: string
  readonly ids: readonly string[]
}

/** A name of the configuration, and all that is called so by whom it may mean. */
export interface ConfiguredName {
  readonly kind: Doubt['kind']
  /** Where it is written, e.g. `shared.networks`. */
  readonly where: string
  readonly text: string
  readonly found: readonly Candidate[]
  /** What comes after those: it is meant only where it was meant before. */
  readonly less?: readonly Candidate[]
  /** Ids that mean the same whatever the entry means, so that no doubt is about them: its cluster's own, which it may rename. */
  readonly certain?: readonly string[]
  /** How to write it so that nobody else can be meant. */
  readonly advice: string
}

/** Names of the configuration, each held to what it was first found to be. */
export interface NameResolver {
  /** The ids that a name means; none where it counts for nothing, which is a doubt then. */
  resolve(asked: ConfiguredName): readonly string[]
  /** An id of the configuration that nothing has: a doubt about nothing but itself. */
  missing(asked: Pick<ConfiguredName, 'kind' | 'where' | 'text'>): readonly string[]
  readonly doubts: readonly Doubt[]
  /** What is to be remembered of all that were asked. */
  readonly pins: readonly Pick<NamePin, 'key' | 'id' | 'trouble'>[]
}

const words = {
  network: ['network', 'networks'],
  image: ['image', 'images of several owners'],
  'volume-type': ['volume type', 'volume types'],
  user: ['user', 'users']
} as const

/** Makes the resolver of configured names; `known` are the name pins whose keys begin with `prefix`. */
export function createNameResolver(known: readonly NamePin[], prefix: string): NameResolver {
  const byKey = new Map(known.map((one) => [one.key, one]))
  const doubts: Doubt[] = []
  const pins: Pick<NamePin, 'key' | 'id' | 'trouble'>[] = []
  return { doubts, pins, resolve, missing }

  function resolve({ kind, where, text, found, less = [], certain = [], advice }: ConfiguredName): readonly string[] {
    const key = `${prefix}${where}/${text}`
    const before = byKey.get(key)
    const pinned = before?.id == null ? undefined : [...found, ...less].find((one) => one.pin === before.id)
    const meant = before?.id == null ? (found.length === 1 ? found[0] : undefined) : pinned
    if (meant !== undefined) {
      pins.push({ key, id: meant.pin, trouble: null })
      return meant.ids
    }
    const all = found.flatMap((one) => one.ids)
    const [one, several] = words[kind]
    const day = new Date(before?.at ?? 0).toISOString().slice(0, 10)
    const what =
      before?.id != null
        ? `${text} was ${kind === 'image' ? 'an image of project' : one} ${before.id} since ${day}, and is not any more: it was renamed, given away or deleted${all.length === 0 ? '' : `, and what is called so now is ${all.join(', ')}`}`
        : found.length === 0
          ? `no ${one} is called ${text}`
          : `${found.length} ${several} are called ${text} (${all.join(', ')})`
    // Where nothing was ever found, nobody knows which one is meant; else it is one of these.
    const may = [...(before?.id != null ? [before.id] : []), ...all].filter((id) => !certain.includes(id))
    const ids = before?.id == null && found.length === 0 ? null : may
    doubt({ kind, why: `${where}: ${what}: this entry counts for nothing; ${advice}`, ids }, key, before?.id ?? null)
    return []
  }

  function missing({ kind, where, text }: Pick<ConfiguredName, 'kind' | 'where' | 'text'>): readonly string[] {
    const why = `${where}: no ${words[kind][0]} has the id ${text}: this entry counts for nothing; correct it or take it out`
    doubt({ kind, why, ids: [text] }, `${prefix}${where}/${text}`, null)
    return []
  }

  function doubt(one: Doubt, key: string, id: string | null): void {
    doubts.push(one)
    pins.push({ key, id, trouble: one.why })
  }
}
