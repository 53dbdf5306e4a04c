import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApprovalState } from '../core/guard.ts'
import type { RouteOperations } from './operations.ts'
import { readBody, readText } from './page.ts'
import { fail, given, readOrFail } from './refuse.ts'

const states: readonly ApprovalState[] = ['open', 'granted', 'rejected', 'superseded', 'expired', 'used']

/** Registers what people can see and do: approvals, stops, undo, restarts, deciding again, unparking. */
export function peopleRoutes(app: FastifyInstance, { questions, changes }: RouteOperations): void {
  app.get('/api/v1/approvals', async (request, reply) => {
    const { state, limit = '500' } = readOrFail(
      reply,
      readText(request.query as Record<string, unknown>, ['state', 'limit'])
    )
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
    const filter = { limit: Number(limit), ...(state === undefined ? {} : { state: state as ApprovalState }) }
    return given(reply, await questions().approvals(filter))
  })

  app.get('/api/v1/stops', async (_request, reply) => given(reply, await questions().stops()))

  app.get('/api/v1/lanes', async (request, reply) => {
    const { parked, held } = readOrFail(reply, readText(request.query as Record<string, unknown>, ['parked', 'held']))
    for (const [name, value] of Object.entries({ parked, held }))
      if (value !== undefined && value !== 'true' && value !== 'false')
        return fail(reply, 'BAD_PARAMETER', name, JSON.stringify(value), 'is not known', 'true, false')
    const filter = {
      ...(parked === undefined ? {} : { parked: parked === 'true' }),
      ...(held === undefined ? {} : { held: held === 'true' })
    }
    return given(reply, await questions().lanes(filter))
  })

  for (const verdict of ['approve', 'reject'] as const)
    app.post(`/api/v1/approvals/:id/${verdict}`, async (request, reply) => {
      const { reason } = readOrFail(reply, readBody(request.body, ['reason']))
      return given(reply, await changes(request).vote(number(request, reply), verdict, reason))
    })

  app.post('/api/v1/stops', async (request, reply) => {
    const { cluster, reason } = readOrFail(reply, readBody(request.body, ['cluster', 'reason']))
    return given(reply, await changes(request).stop(cluster, reason))
  })

  app.post('/api/v1/resume', async (request, reply) => {
    const { cluster, stop: id, reason } = readOrFail(reply, readBody(request.body, ['cluster', 'stop', 'reason']))
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
    return given(reply, await changes(request).resume(which, reason))
  })

  app.post('/api/v1/accept', async (request, reply) => {
    const { what, reason } = readOrFail(reply, readBody(request.body, ['what', 'reason']))
    if (what !== 'journal' && what !== 'clock')
      return fail(reply, 'BAD_PARAMETER', 'what', JSON.stringify(what), 'is not known', 'journal, clock')
    return given(reply, await changes(request).accept(what, reason))
  })

  app.post('/api/v1/actions/:id/undo', async (request, reply) => {
    const { reason } = readOrFail(reply, readBody(request.body, ['reason']))
    const { id } = request.params as { id: string }
    return given(reply, await changes(request).undo(id, reason))
  })

  app.post('/api/v1/restarts', async (request, reply) => {
    const { service, cluster, reason } = readOrFail(reply, readBody(request.body, ['service', 'cluster', 'reason']))
    if (service === null) return fail(reply, 'BAD_PARAMETER', 'service', 'nothing', 'is missing', 'the name of one')
    return given(reply, await changes(request).restart(service, cluster, reason))
  })

  app.post('/api/v1/decisions/:id/again', async (request, reply) => {
    const { reason } = readOrFail(reply, readBody(request.body, ['reason']))
    return given(reply, await changes(request).again(number(request, reply), reason))
  })

  app.post('/api/v1/lanes/unpark', async (request, reply) => {
    const { lane: key, reason } = readOrFail(reply, readBody(request.body, ['lane', 'reason']))
    if (key === null) return fail(reply, 'BAD_PARAMETER', 'lane', 'nothing', 'is missing', 'the name of a lane')
    return given(reply, await changes(request).unpark(key, reason))
  })
}

function number(request: FastifyRequest, reply: FastifyReply): number {
  const { id } = request.params as { id: string }
  return /^\d{1,15}$/.test(id)
    ? Number(id)
    : fail(reply, 'BAD_PARAMETER', 'id', JSON.stringify(id.slice(0, 40)), 'is not a number', 'a whole number')
}
