import type { FastifyInstance } from 'fastify'
import { type Doors, readingOf } from '../people/people.ts'
import { readFindings } from '../policies/shared/findings.ts'
import { readText } from './page.ts'
import { fail, read } from './refuse.ts'

const mostHistory = 500

/** `GET /api/v1/findings`: what policies found, as of the last decisions; of one policy with `policy`. */
export function findingRoutes(app: FastifyInstance, { doors }: { readonly doors: () => Doors }): void {
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
    return readFindings(readingOf(doors()), Number(history), policy)
  })
}
