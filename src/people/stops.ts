import type { Actor } from '../core/approval.ts'
import type { Stop, WhichStop } from '../core/stop.ts'
import { stopText } from '../core/stop-text.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate, unknownCluster } from './permission.ts'
import { personEvent } from './person-event.ts'

/** Stops all changes on the cluster (null: anywhere) until somebody resumes; decisions go on. */
export async function stop(
  context: PeopleContext,
  actor: Actor,
  cluster: string | null,
  reason: string | null
): Promise<Answer<{ cluster: string | null; stop: number; memory?: string; others: readonly Stop[] }>> {
  const refused = mayNotOperate(context, actor) ?? unknownCluster(context, cluster)
  if (refused !== null) return refused
  const event = personEvent(context, actor, { did: 'stop', about: cluster ?? 'everything', reason })
  const id = await context.journal.stop({ cluster, by: actor.name, reason: reason ?? 'no reason given' }, event)
  const stops = await context.journal.stops()
  const memory = stops.find((one) => one.id === id)?.memory
  return {
    ok: true,
    cluster,
    stop: id,
    ...(memory === undefined ? {} : { memory }),
    others: stops.filter((one) => one.id !== id)
  }
}

/** Stops in memory alone, where that is possible, for an entry that journals first who asked; the function that it returns takes it back. */
export function stopAtOnce(
  context: PeopleContext,
  actor: Actor,
  cluster: string | null,
  reason: string | null
): () => void {
  const none = () => {}
  if ((mayNotOperate(context, actor) ?? unknownCluster(context, cluster)) !== null) return none
  return context.stopAtOnce?.({ cluster, by: actor.name, reason: reason ?? 'no reason given' }) ?? none
}

/**
 * Lifts one stop: what stops hold is decided again. Of several of one cluster the actor's own is meant, where that is one;
 * else it has to be said which.
 */
export async function resume(
  context: PeopleContext,
  actor: Actor,
  which: WhichStop,
  reason: string | null
): Promise<Answer<{ lifted: Stop; lanes: number; left: readonly Stop[] }>> {
  const { journal } = context
  const refused = mayNotOperate(context, actor) ?? ('stop' in which ? null : unknownCluster(context, which.cluster))
  if (refused !== null) return refused
  const stops = await journal.stops()
  const picked = pickStop(stops, which, actor)
  if ('ok' in picked) return picked
  const { id, cluster, by, reason: why, memory } = picked
  if (memory !== undefined) return no('conflict', `stop ${id} is not lifted now: ${memory}`)
  const lifts = `${lifting(id)}${by} (${why})`
  const said = reason === null ? lifts : `${lifts}: ${reason}`
  const event = personEvent(context, actor, { did: 'resume', about: cluster ?? 'everything', reason: said })
  const lanes = await journal.resume(id, event)
  if (lanes === null) return no('conflict', `stop ${id} was lifted by somebody else a moment ago`)
  return { ok: true, lifted: picked, lanes, left: await journal.stops() }
}

/** Begins the reason of a resume in the journal: which stop it lifts. */
export const lifting = (stop: number): string => `lifts stop ${stop} by `

function pickStop(stops: readonly Stop[], which: WhichStop, actor: Actor): Stop | ReturnType<typeof no> {
  const standing = stops.map(stopText).join('; ') || 'nothing'
  if ('stop' in which) {
    const found = stops.find(({ id }) => id === which.stop)
    return found ?? no('conflict', `stop ${which.stop} does not stand (stopped now: ${standing})`)
  }
  const name = which.cluster ?? 'everything'
  const there = stops.filter(({ cluster }) => cluster === which.cluster)
  const mine = there.filter(({ by }) => by === actor.name)
  const [only, ...more] = there.length > 1 ? mine : there
  if (only !== undefined && more.length === 0) return only
  if (there.length === 0) return no('conflict', `${name} is not stopped (stopped now: ${standing})`)
  const each = there.map((one) => `${stopText(one)}: \`reflex resume stop:${one.id}\``)
  return no('conflict', `${there.length} stops of ${name} stand; say which: ${each.join('; ')}`)
}
