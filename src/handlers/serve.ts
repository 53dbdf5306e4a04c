import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import type { Token } from '../config/config.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import type { SimulatedPerson } from '../people/simulated-person.ts'
import type { Reading } from '../store/journal.ts'
import { apiRoutes } from './api.ts'
import type { Routes } from './app.ts'
import { validateByContract } from './contract/validation.ts'
import { findingRoutes } from './findings.ts'
import { isolationRoutes } from './isolation.ts'
import { openapiRoutes } from './openapi.ts'
import { routeOperations } from './operations.ts'
import { peopleRoutes } from './people.ts'
import { quotaRoutes } from './quota.ts'
import { streamRoutes, type Wakes } from './stream.ts'
import { uiRoutes } from './ui.ts'
import { bearerOf, tokenHolder } from './who.ts'

/** What the API and the page are made of. */
export interface ServeParts {
  /** For people's questions. */
  readonly reading: Reading
  /** What people's operations work with; asked at each call, since a configuration may be read anew. */
  readonly context: () => OperationsContext
  readonly tokens: () => readonly Token[]
  readonly build: () => string
  /** Wakes the live stream; without it, the stream looks every two seconds. */
  readonly stream?: Wakes
  /** People of the simulated company, with their tokens; left out: this is no simulation, and nobody's token is told. */
  readonly people?: readonly SimulatedPerson[]
  /** Something a person did may be due. */
  readonly wake?: () => void
  readonly now?: () => number
  /** The clock that ends tokens. */
  readonly clock?: () => number
}

/** Makes the routes of role serve: the API, the live stream and the page. */
export const serveRoutes =
  ({
    reading,
    context,
    tokens,
    build,
    stream,
    people,
    wake = () => {},
    now = Date.now,
    clock = Date.now
  }: ServeParts): Routes =>
  (app, { routes }) => {
    validateByContract(app)
    openapiRoutes(app, { routes, build })
    apiRoutes(app, { journal: reading, now })
    const operations = routeOperations(context, { wake, sleep: (ms) => sleep(ms) })
    peopleRoutes(app, operations)
    quotaRoutes(app, operations)
    findingRoutes(app, operations)
    isolationRoutes(app, operations, build)
    // A token that is taken away, or runs out, ends the streams that were opened with it.
    const admitted = ({ headers: { authorization } }: FastifyRequest) => {
      const bearer = authorization === undefined ? null : bearerOf(authorization)
      // Who reads by the key of this machine needs none of it to read.
      if (bearer === null || tokens().length === 0) return true
      return tokenHolder(bearer, tokens(), clock())?.expired === false
    }
    streamRoutes(app, { journal: reading, wakes: stream, admitted })
    uiRoutes(app)
    if (people !== undefined) app.get('/api/v1/simulated-people', () => ({ items: people }))
  }
