import Fastify from 'fastify'
import t from 'tap'
import { guardRoutes } from '../../src/handlers/access.ts'

t.test('a route without a role does not come to be: the product does not start', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  guardRoutes(app, () => [])
  app.get('/healthz', async () => ({}))
  for (const [method, url] of [
    ['GET', '/api/v1/forgotten'],
    ['POST', '/healthz']
  ] as const)
    t.throws(() => app.route({ method, url, handler: async () => ({}) }), {
      message: `${method} ${url} has no role in src/handlers/roles.ts`
    })
})
