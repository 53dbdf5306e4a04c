import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { durationMs } from '../core/duration.ts'
import { asks } from './contract/validation.ts'
import type { RouteOperations } from './operations.ts'
import { fail, given } from './refuse.ts'

/** Registers quotas as of the last reading, and requests for them. */
export function quotaRoutes(app: FastifyInstance, { questions, changes }: RouteOperations): void {
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.get('/api/v1/quota', { schema: asks('GET /api/v1/quota') }, async () => given(await questions().quota()))

  api.post('/api/v1/quota/requests', { schema: asks('POST /api/v1/quota/requests') }, async (request) => {
    const { cluster, resource, amount, for: time, reason = null, confirm } = request.body
    const forMs = time === undefined ? null : durationMs(time)
    if (time !== undefined && forMs === null)
      return fail('BAD_PARAMETER', 'for', JSON.stringify(time), 'is not understood', 'a duration such as 30m, 4h or 2d')
    const wish = { cluster, resource, amount: Number(amount), forMs, reason, confirmed: confirm === 'yes' }
    return given(await changes(request).requestQuota(wish))
  })

  const release = 'POST /api/v1/quota/requests/:id/release'
  api.post('/api/v1/quota/requests/:id/release', { schema: asks(release) }, async (request) => {
    const { params, body } = request
    return given(await changes(request).releaseQuota(Number(params.id), body.reason ?? null))
  })
}
