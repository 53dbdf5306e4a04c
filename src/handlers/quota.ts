import type { FastifyInstance, FastifyReply } from 'fastify'
import { durationMs } from '../core/duration.ts'
import { mostAsked } from '../policies/quota-rebalance/view/words.ts'
import type { RouteOperations } from './operations.ts'
import { readBody, readText } from './page.ts'
import { fail, given, readOrFail } from './refuse.ts'

/** Registers quotas as of the last reading, and requests for them. */
export function quotaRoutes(app: FastifyInstance, { questions, changes }: RouteOperations): void {
  app.get('/api/v1/quota', async (request, reply) => {
    readOrFail(reply, readText(request.query as Record<string, unknown>, []))
    return given(reply, await questions().quota())
  })

  app.post('/api/v1/quota/requests', async (request, reply) => {
    const said = readOrFail(
      reply,
      readBody(request.body, ['cluster', 'resource', 'amount', 'for', 'reason', 'confirm'])
    )
    const { cluster, resource, amount, for: time, reason, confirm } = said
    if (cluster === null) return wrong(reply, 'cluster', null, 'the name of a cluster')
    if (resource === null) return wrong(reply, 'resource', null, 'the name of a quota such as cores')
    if (amount === null || !/^[1-9]\d{0,8}$/.test(amount))
      return wrong(reply, 'amount', amount, `a whole number from 1 to ${mostAsked}, as text`)
    const forMs = time === null ? null : durationMs(time)
    if (time !== null && forMs === null) return wrong(reply, 'for', time, 'a duration such as 30m, 4h or 2d')
    if (confirm !== null && confirm !== 'yes') return wrong(reply, 'confirm', confirm, 'yes, or leave it out')
    const wish = { cluster, resource, amount: Number(amount), forMs, reason, confirmed: confirm === 'yes' }
    return given(reply, await changes(request).requestQuota(wish))
  })

  app.post('/api/v1/quota/requests/:id/release', async (request, reply) => {
    const { reason } = readOrFail(reply, readBody(request.body, ['reason']))
    const { id } = request.params as { id: string }
    if (!/^\d{1,15}$/.test(id)) return wrong(reply, 'id', id.slice(0, 40), 'a whole number')
    return given(reply, await changes(request).releaseQuota(Number(id), reason))
  })
}

const wrong = (reply: FastifyReply, name: string, value: string | null, allowed: string): never =>
  value === null
    ? fail(reply, 'BAD_PARAMETER', name, 'nothing', 'is missing', allowed)
    : fail(reply, 'BAD_PARAMETER', name, JSON.stringify(value), 'is not understood', allowed)
