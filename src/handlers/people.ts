import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApprovalState } from '../core/guard.ts'
import { approvalView, decisionView, laneView, stopView } from '../people/explain/views.ts'
import {
  type Answer,
  accept,
  again,
  type Doors,
  decisionAfter,
  decisionsOf,
  readingOf,
  restart,
  resume,
  stop,
  undo,
  unpark,
  vote
} from '../people/people.ts'
import { readBody, readText } from './page.ts'
import { actorOf, fail, given, read } from './refuse.ts'

/** So long an answer waits for the lane to be decided anew; what comes later is in the journal. */
const patienceMs = 10_000
const states: readonly ApprovalState[] = ['open', 'granted', 'rejected', 'superseded', 'expired', 'used']

interface PeopleParts {
  readonly doors: () => Doors
  /** Something may be due. */
  readonly wake: () => void
  readonly sleep: (ms: number) => Promise<void>
}

/** What people can see and do: approvals, stops, undo, restarts, deciding again, unparking. */
export function peopleRoutes(app: FastifyInstance, { doors, wake, sleep }: PeopleParts): void {
  const journal = () => doors().journal

  app.get('/api/v1/approvals', async (request, reply) => {
    const { state, limit = '500' } = read(reply, readText(request.query as Record<string, unknown>, ['state', 'limit']))
    if (state !== undefined && !states.includes(state as ApprovalState))
      return fail(reply, 'BAD_PARAMETER', 'state', JSON.stringify(state), 'is not known', states.join(', '))
    if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > 500)
      return fail(
        reply,
        'BAD_PARAMETER',
        'limit',
        JSON.stringify(limit),
        'is out of range',
        'a whole number from 1 to 500'
      )
    const rows = await readingOf(doors()).approvals({
      limit: Number(limit),
      ...(state === undefined ? {} : { state: state as ApprovalState })
    })
    return { items: rows.map(approvalView) }
  })

  app.get('/api/v1/stops', async () => ({
    items: (await readingOf(doors()).stops()).map(stopView)
  }))

  app.get('/api/v1/lanes', async (request, reply) => {
    const { parked, held } = read(reply, readText(request.query as Record<string, unknown>, ['parked', 'held']))
    for (const [name, value] of Object.entries({ parked, held }))
      if (value !== undefined && value !== 'true' && value !== 'false')
        return fail(reply, 'BAD_PARAMETER', name, JSON.stringify(value), 'is not known', 'true, false')
    const filter = {
      ...(parked === undefined ? {} : { parked: parked === 'true' }),
      ...(held === undefined ? {} : { held: held === 'true' })
    }
    return { items: (await readingOf(doors()).lanes(filter)).map(laneView) }
  })

  for (const verdict of ['approve', 'reject'] as const)
    app.post(`/api/v1/approvals/:id/${verdict}`, async (request, reply) => {
      const { reason } = read(reply, readBody(request.body, ['reason']))
      const after = await newest()
      const { approval, missing } = taken(
        reply,
        await vote(doors(), actorOf(request), number(request, reply), verdict, reason)
      )
      if (approval.state === 'open') return { approval: approvalView(approval), missing, decision: null }
      const decision = await decided(approval, after)
      const [now = approval] = await journal().approvals({ id: approval.id })
      return { approval: approvalView(now), missing, decision }
    })

  app.post('/api/v1/stops', async (request, reply) => {
    const { cluster, reason } = read(reply, readBody(request.body, ['cluster', 'reason']))
    const { stop: id, memory, others } = taken(reply, await stop(doors(), actorOf(request), cluster, reason))
    return { stop: id, cluster, ...(memory === undefined ? {} : { memory }), others: others.map(stopView) }
  })

  app.post('/api/v1/resume', async (request, reply) => {
    const { cluster, stop: id, reason } = read(reply, readBody(request.body, ['cluster', 'stop', 'reason']))
    if (id !== null && cluster !== null)
      return fail(
        reply,
        'BAD_PARAMETER',
        'stop',
        JSON.stringify(id),
        'does not go together with cluster',
        'one of them'
      )
    if (id !== null && !/^\d{1,15}$/.test(id))
      return fail(reply, 'BAD_PARAMETER', 'stop', JSON.stringify(id), 'is not a number', 'a whole number, as text')
    const which = id === null ? { cluster } : { stop: Number(id) }
    const { lifted, lanes, left } = taken(reply, await resume(doors(), actorOf(request), which, reason))
    return { stop: lifted.id, cluster: lifted.cluster, lifted: stopView(lifted), lanes, left: left.map(stopView) }
  })

  app.post('/api/v1/accept', async (request, reply) => {
    const { what, reason } = read(reply, readBody(request.body, ['what', 'reason']))
    if (what !== 'journal' && what !== 'clock')
      return fail(reply, 'BAD_PARAMETER', 'what', JSON.stringify(what), 'is not known', 'journal, clock')
    const { accepted } = taken(reply, await accept(doors(), actorOf(request), what, reason))
    return { accepted }
  })

  app.post('/api/v1/actions/:id/undo', async (request, reply) => {
    const { reason } = read(reply, readBody(request.body, ['reason']))
    const after = await newest()
    const { id } = request.params as { id: string }
    const { policy, lane } = taken(reply, await undo(doors(), actorOf(request), id, reason))
    return { policy, lane, decision: await decided({ policy, lane }, after) }
  })

  app.post('/api/v1/restarts', async (request, reply) => {
    const { service, cluster, reason } = read(reply, readBody(request.body, ['service', 'cluster', 'reason']))
    if (service === null) return fail(reply, 'BAD_PARAMETER', 'service', 'nothing', 'is missing', 'the name of one')
    const { event, lanes } = taken(reply, await restart(doors(), actorOf(request), service, cluster, reason))
    const found = await decisionsOf(journal(), { event, lanes }, { withinMs: patienceMs, sleep })
    return { event, decisions: found.map(decisionView) }
  })

  app.post('/api/v1/decisions/:id/again', async (request, reply) => {
    const { reason } = read(reply, readBody(request.body, ['reason']))
    const after = await newest()
    const { policy, lane, before } = taken(
      reply,
      await again(doors(), actorOf(request), number(request, reply), reason)
    )
    return { policy, lane, before: decisionView(before), decision: await decided({ policy, lane }, after) }
  })

  app.post('/api/v1/lanes/unpark', async (request, reply) => {
    const { lane: key, reason } = read(reply, readBody(request.body, ['lane', 'reason']))
    if (key === null) return fail(reply, 'BAD_PARAMETER', 'lane', 'nothing', 'is missing', 'the name of a lane')
    const { policy, lane } = taken(reply, await unpark(doors(), actorOf(request), key, reason))
    return { policy, lane }
  })

  async function newest(): Promise<number> {
    return (await journal().decisions({ limit: 1 }))[0]?.id ?? 0
  }

  async function decided(of: { policy: string; lane: string }, after: number) {
    const found = await decisionAfter(journal(), of, after, { withinMs: patienceMs, sleep })
    return found === null ? null : decisionView(found)
  }

  function taken<T>(reply: FastifyReply, answer: Answer<T>): T {
    const taken = given(reply, answer)
    wake()
    return taken
  }
}

function number(request: FastifyRequest, reply: FastifyReply): number {
  const { id } = request.params as { id: string }
  return /^\d{1,15}$/.test(id)
    ? Number(id)
    : fail(reply, 'BAD_PARAMETER', 'id', JSON.stringify(id.slice(0, 40)), 'is not a number', 'a whole number')
}
