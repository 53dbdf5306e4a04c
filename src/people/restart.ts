import { noSuch } from '../base/nearest.ts'
import type { Actor } from '../core/approval.ts'
import type { RestartWish } from '../policies/workload-actions/words.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate, unknownCluster } from './permission.ts'
import { personEvent } from './person-event.ts'

/** What a restart request works with. */
export interface RestartContext extends PeopleContext {
  /** Names of the services that can be restarted; left out or null: it is not configured. */
  readonly services?: readonly string[] | null
}

/** Has the policies decide on a restart of a service: on one cluster, or (null) wherever it is placed. */
export async function restart(
  context: RestartContext,
  actor: Actor,
  service: string,
  cluster: string | null,
  reason: string | null
): Promise<Answer<{ event: number; lanes: number }>> {
  const refused = mayNotRestart(context, actor, { service, cluster })
  if (refused !== null) return refused
  const about = cluster === null ? service : `${service} on ${cluster}`
  const wish: RestartWish = { word: 'restart', service, cluster }
  const event = personEvent(context, actor, { did: 'restart', about, reason, wish })
  const { woke } = await context.receive({ events: [event], ignored: [] })
  if (woke === 0) return no('conflict', 'no policy reacts to this: configure workload-actions')
  const row = await context.journal.eventAt(event.time, event.id)
  if (row === null) throw new Error(`event ${event.id} was journalled and is not there`)
  return { ok: true, event: row.seq, lanes: woke }
}

/** Says why a restart is not even asked for; null: the policies decide. */
export function mayNotRestart(
  context: RestartContext,
  actor: Actor,
  { service, cluster }: { readonly service: string; readonly cluster: string | null }
) {
  const refused = mayNotOperate(context, actor) ?? unknownCluster(context, cluster)
  if (refused !== null) return refused
  const { services = null } = context
  // As words they are read again, and a lane is named after them.
  const unknown = services === null ? !/^[^\s@"']+$/.test(service) : !services.includes(service)
  return unknown ? no('unknown', noSuch('service', service, services ?? [])) : null
}
