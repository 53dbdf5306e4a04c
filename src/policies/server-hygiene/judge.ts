import type { Breach, Layer } from '../../core/breach.ts'
import { resourceId } from '../shared/resource-id.ts'
import { isoSeconds } from './iso-seconds.ts'
import { keptBy, objectionTo } from './release.ts'
import { type HygieneSettings, limitMs, releaseMs } from './settings.ts'
import { type KnownSubject, type ResourceKind, type State, stateText } from './subject.ts'

/** What is to be said and done about one resource. */
export interface Judgement {
  readonly reason: string
  /** null: nothing is wrong with it (yet). undefined: nobody knows, and what was said before stays. */
  readonly breach: Breach | null | undefined
  /** It is a floating IP that nobody uses and that is to be given back now. */
  readonly release: boolean
  /** When it has to be looked at again though nothing happens, in ms since the epoch; null: never. */
  readonly againAt: number | null
}

const layers: Readonly<Record<ResourceKind, Layer>> = { server: 'compute', volume: 'storage', floatingip: 'network' }
const words: Readonly<Record<ResourceKind, string>> = { server: 'server', volume: 'volume', floatingip: 'floating IP' }

/** The rule that something breaks by being so for too long, e.g. `server-shutoff`. */
const ruleOf = (kind: ResourceKind, state: State): string => `${kind === 'floatingip' ? 'floating-ip' : kind}-${state}`

/** Judges a resource on what is known of it at `now`. */
export function judgeIdle(subject: KnownSubject, settings: HygieneSettings, now: number): Judgement {
  const { kind, id, name, state, doubt } = subject
  const what = `${words[kind]} ${name === id ? id : `${name} (${id})`} of ${subject.cluster}`
  const nothing = { release: false, againAt: null }
  if (state === 'unknown') return { reason: `${what}: ${doubt}; nothing is concluded`, breach: undefined, ...nothing }
  const limit = limitMs(state, kind, settings)
  if (limit === null)
    return {
      reason: `${what} is ${stateText[state]}${state === 'used' ? '' : ', for as long as it likes'}`,
      breach: null,
      ...nothing
    }
  const since = idleSince(subject)
  const so = `${what} has been ${stateText[state]} since ${isoSeconds(since)}`
  const told = since + limit
  if (now < told)
    return { reason: `${so}: told from ${isoSeconds(told)} on`, breach: null, release: false, againAt: told }

  const kept = keptBy(subject, settings)
  const breach = (state: Breach['state'], because: string): Breach => ({
    ...{ rule: ruleOf(kind, subject.state), detail: '', layer: layers[kind], severity: settings.severity },
    ...{ resource: resourceId(kind, subject.project, id), name, from: subject.cluster, to: subject.cluster },
    ...{ summary: so, state, because },
    evidence: {
      since: isoSeconds(since),
      seenSince: isoSeconds(subject.seenSince),
      changedAt: subject.changedAt === null ? null : isoSeconds(subject.changedAt)
    }
  })
  const tell = (state: Breach['state'], because: string, more: Partial<Judgement> = {}): Judgement => ({
    ...{ reason: `${so}: ${because}`, breach: breach(state, because), ...nothing },
    ...more
  })
  if (kept !== null) return tell('exempt', `${kept} keeps it`)
  if (kind !== 'floatingip' || releaseMs(settings.floatingIps) === null) return tell('open', advice[kind])
  const objection = objectionTo(subject, { ...settings, release: settings.floatingIps.release }, now)
  if (objection === null) return tell(...releasing(subject.cluster, settings), { release: true })
  return tell(objection.until === null ? 'open' : 'noticed', objection.because, { againAt: objection.until })
}

/** What becomes of a release where it would be made. */
function releasing(cluster: string, { placed = {} }: HygieneSettings): [Breach['state'], string] {
  const { mode = 'enforce', tier } = placed[cluster] ?? {}
  if (mode === 'observe' || mode === 'off')
    return ['open', `nobody uses it: it would be released, were this not on ${mode} here`]
  const asks = mode === 'approve' || tier === 'change-controlled'
  return ['closing', `nobody uses it: it is released${asks ? ' once people have approved it' : ''}`]
}

const advice: Readonly<Record<ResourceKind, string>> = {
  server: 'start it, delete it, or say that it is kept',
  volume: 'attach it, delete it, or say that it is kept',
  floatingip: 'attach it, release it, or say that it is kept'
}

/** As its service says; where it says nothing, as far as we have seen. */
const idleSince = ({ changedAt, seenSince }: KnownSubject): number => changedAt ?? seenSince
