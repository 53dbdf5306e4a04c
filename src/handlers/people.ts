import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { asks } from './contract/validation.ts'
import type { RouteOperations } from './operations.ts'
import { fail, given } from './refuse.ts'

/** Registers what people can see and do: approvals, stops, undo, restarts, deciding again, unparking. */
export function peopleRoutes(app: FastifyInstance, { questions, changes }: RouteOperations): void {
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.get('/api/v1/approvals', { schema: asks('GET /api/v1/approvals') }, async ({ query }) => {
    const { state, limit = '500' } = query
    return given(await questions().approvals({ limit: Number(limit), ...(state !== undefined && { state }) }))
  })

  api.get('/api/v1/stops', async () => given(await questions().stops()))

  api.get('/api/v1/lanes', { schema: asks('GET /api/v1/lanes') }, async ({ query }) => {
    const { parked, held } = query
    const filter = {
      ...(parked !== undefined && { parked: parked === 'true' }),
      ...(held !== undefined && { held: held === 'true' })
    }
    return given(await questions().lanes(filter))
  })

  for (const verdict of ['approve', 'reject'] as const)
    api.post(
      `/api/v1/approvals/:id/${verdict}`,
      { schema: asks(`POST /api/v1/approvals/:id/${verdict}`) },
      async (request) => {
        const { params, body } = request
        return given(await changes(request).vote(Number(params.id), verdict, body.reason ?? null))
      }
    )

  api.post('/api/v1/stops', { schema: asks('POST /api/v1/stops') }, async (request) => {
    const { cluster = null, reason = null } = request.body
    return given(await changes(request).stop(cluster, reason))
  })

  api.post('/api/v1/resume', { schema: asks('POST /api/v1/resume') }, async (request) => {
    const { cluster = null, stop, reason = null } = request.body
    if (stop !== undefined && cluster !== null)
      return fail('BAD_PARAMETER', 'stop', JSON.stringify(stop), 'does not go together with cluster', 'one of them')
    const which = stop === undefined ? { cluster } : { stop: Number(stop) }
    return given(await changes(request).resume(which, reason))
  })

  api.post('/api/v1/accept', { schema: asks('POST /api/v1/accept') }, async (request) => {
    const { what, reason = null } = request.body
    return given(await changes(request).accept(what, reason))
  })

  api.post('/api/v1/actions/:id/undo', { schema: asks('POST /api/v1/actions/:id/undo') }, async (request) => {
    const { params, body } = request
    return given(await changes(request).undo(params.id, body.reason ?? null))
  })

  api.post('/api/v1/restarts', { schema: asks('POST /api/v1/restarts') }, async (request) => {
    const { service, cluster = null, reason = null } = request.body
    return given(await changes(request).restart(service, cluster, reason))
  })

  api.post('/api/v1/decisions/:id/again', { schema: asks('POST /api/v1/decisions/:id/again') }, async (request) => {
    const { params, body } = request
    return given(await changes(request).again(Number(params.id), body.reason ?? null))
  })

  api.post('/api/v1/lanes/unpark', { schema: asks('POST /api/v1/lanes/unpark') }, async (request) => {
    const { lane, reason = null } = request.body
    return given(await changes(request).unpark(lane, reason))
  })
}
