import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { asks } from './contract/validation.ts'
import type { RouteOperations } from './operations.ts'
import { given } from './refuse.ts'

/** Registers `GET /api/v1/findings`: what policies found, as of the last decisions; of one policy with `policy`. */
export function findingRoutes(app: FastifyInstance, { questions }: RouteOperations): void {
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.get('/api/v1/findings', { schema: asks('GET /api/v1/findings') }, async ({ query }) => {
    const { policy = null, history = '50' } = query
    return given(await questions().findings(policy, Number(history)))
  })
}
