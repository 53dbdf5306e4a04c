import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { createTurns } from '../people/turns.ts'
import { fail } from './refuse.ts'

/** What reads much of the journal; the stream has a number of places of its own. */
const routes: ReadonlySet<string> = new Set([
  '/api/v1/explain',
  '/api/v1/events',
  '/api/v1/decisions',
  '/api/v1/actions',
  '/api/v1/approvals',
  '/api/v1/lanes',
  '/api/v1/quota',
  '/api/v1/isolation',
  '/api/v1/findings',
  '/metrics'
])

/** More of the same caller's questions than this wait for nobody's answer: somebody reloads, or a loop asks. */
const WAITING = 4

/** Whoever has a token is known by it; others by where they ask from. */
const callerOf = ({ actor, socket }: FastifyRequest): string =>
  actor === null ? `at ${socket.remoteAddress}` : `as ${actor.name}`

/** Limits each caller to one request of these routes at a time; a few more wait, and the rest are answered 429. */
export function oneAtATime(app: FastifyInstance): void {
  const turns = createTurns(WAITING)
  const wrapped = new WeakSet<RouteHandlerMethod>()
  app.addHook('onRoute', (route) => {
    const { handler } = route
    // The HEAD route of a GET route has its handler already.
    if (!routes.has(route.url) || wrapped.has(handler)) return
    route.handler = async function (request, reply) {
      const end = await turns.take(callerOf(request))
      if (end === null) {
        reply.header('retry-after', '1')
        return fail('ONE_AT_A_TIME', WAITING + 1)
      }
      try {
        // Who has gone meanwhile waits for no answer.
        return reply.raw.destroyed ? reply.hijack() : await handler.call(this, request, reply)
      } finally {
        end()
      }
    }
    wrapped.add(route.handler)
  })
}
