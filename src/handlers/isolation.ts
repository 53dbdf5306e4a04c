import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { inStates } from '../policies/isolation/view/report.ts'
import { sarifOf } from '../policies/isolation/view/sarif.ts'
import { type BreachState, breachStates } from '../policies/shared/findings.ts'
import { asks } from './contract/validation.ts'
import type { RouteOperations } from './operations.ts'
import { fail, given } from './refuse.ts'

const isState = (word: string): word is BreachState => (breachStates as readonly string[]).includes(word)

/** Registers `GET /api/v1/isolation`: what crosses from cluster to cluster, as of the last decisions; as JSON or SARIF 2.1.0. */
export function isolationRoutes(app: FastifyInstance, { questions }: RouteOperations, build: () => string): void {
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.get('/api/v1/isolation', { schema: asks('GET /api/v1/isolation') }, async ({ query }, reply) => {
    const { state, history = '50', format = 'json' } = query
    const states = state?.split(',') ?? []
    const unknown = states.find((one) => !isState(one))
    if (unknown !== undefined) {
      const allowed = `${breachStates.join(', ')}; several with commas`
      return fail('BAD_PARAMETER', 'state', JSON.stringify(unknown), 'is not understood', allowed)
    }
    const all = given(await questions().isolation(Number(history)))
    const report = state === undefined ? all : inStates(all, states.filter(isState))
    if (format === 'json') return report
    return reply.type('application/sarif+json; charset=utf-8').send(JSON.stringify(sarifOf(report, build())))
  })
}
