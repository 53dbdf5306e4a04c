import type { FastifyInstance } from 'fastify'
import { failure } from '../base/errors.ts'
import { doubledKey } from '../events/doubled-key.ts'
import { problemError } from './problem.ts'

/** Has JSON bodies of every route read as Fastify does, but for one in which a key is there twice: nobody can tell which was meant. */
export function strictJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    parse(request, body as string, (error, value) => {
      const key = error === null || error === undefined ? doubledKey(body as string, value) : null
      if (key === null) return done(error, value)
      done(problemError(failure('BAD_BODY', `'${key.slice(0, 40)}' is there twice: which of them is meant?`)))
    })
  })
}
