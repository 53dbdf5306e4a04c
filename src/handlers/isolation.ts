import type { FastifyInstance, FastifyReply } from 'fastify'
import { inStates } from '../policies/isolation/view/report.ts'
import { sarifOf } from '../policies/isolation/view/sarif.ts'
import { type BreachState, breachStates } from '../policies/shared/findings.ts'
import type { RouteOperations } from './operations.ts'
import { readText } from './page.ts'
import { fail, given, readOrFail } from './refuse.ts'

const mostHistory = 500

/** Registers `GET /api/v1/isolation`: what crosses from cluster to cluster, as of the last decisions; as JSON or SARIF 2.1.0. */
export function isolationRoutes(app: FastifyInstance, { questions }: RouteOperations, build: () => string): void {
  app.get('/api/v1/isolation', async (request, reply) => {
    const asked = readText(request.query as Record<string, unknown>, ['state', 'history', 'format'])
    const { state, history = '50', format = 'json' } = readOrFail(reply, asked)
    const states = (state ?? breachStates.join()).split(',')
    const unknown = states.find((one) => !(breachStates as readonly string[]).includes(one))
    if (unknown !== undefined) return wrong(reply, 'state', unknown, `${breachStates.join(', ')}; several with commas`)
    if (!/^\d{1,3}$/.test(history) || Number(history) > mostHistory)
      return wrong(reply, 'history', history, `a whole number from 0 to ${mostHistory}`)
    if (format !== 'json' && format !== 'sarif') return wrong(reply, 'format', format, 'json, sarif')
    const all = given(reply, await questions().isolation(Number(history)))
    const report = state === undefined ? all : inStates(all, states as BreachState[])
    if (format === 'json') return report
    return reply.type('application/sarif+json; charset=utf-8').send(JSON.stringify(sarifOf(report, build())))
  })
}

const wrong = (reply: FastifyReply, name: string, value: string, allowed: string): never =>
  fail(reply, 'BAD_PARAMETER', name, JSON.stringify(value), 'is not understood', allowed)
