import type { FastifyInstance } from 'fastify'
import type { RouteOperations } from './operations.ts'
import { readText } from './page.ts'
import { fail, given, read } from './refuse.ts'

const mostHistory = 500

/** `GET /api/v1/findings`: what policies found, as of the last decisions; of one policy with `policy`. */
export function findingRoutes(app: FastifyInstance, { questions }: RouteOperations): void {
  app.get('/api/v1/findings', async (request, reply) => {
    const asked = readText(request.query as Record<string, unknown>, ['policy', 'history'])
    const { policy, history = '50' } = read(reply, asked)
    if (!/^\d{1,3}$/.test(history) || Number(history) > mostHistory)
      return fail(
        reply,
        'BAD_PARAMETER',
        'history',
        JSON.stringify(history),
        'is not understood',
        `a whole number from 0 to ${mostHistory}`
      )
    return given(reply, await questions().findings(policy ?? null, Number(history)))
  })
}
