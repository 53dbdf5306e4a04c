import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'
import type { Failure } from '../../base/errors.ts'
import { problemError } from '../problem.ts'
import type { Contracts } from './contracts.ts'
import type { RequestPart } from './wrong.ts'

/** What a route's handler is given, as its contract has it; TypeBox's type provider reads it from there. */
export type Asks<Route extends keyof Contracts> = Pick<Contracts[Route], RequestPart & keyof Contracts[Route]>

/**
 * Names the schema of a route, by its key in contracts.ts. At the start it is a place only: contracts are loaded, and a validator is
 * compiled, when somebody asks the route for the first time, so that no process waits for TypeBox before it listens.
 */
export const asks = <Route extends keyof Contracts>(route: Route): Asks<Route> => placeOf(route) as Asks<Route>

function placeOf(route: string): object {
  const [method, path = ''] = route.split(' ')
  return {
    ...(method === 'POST' ? { body: {} } : { querystring: {} }),
    ...(path.includes(':') ? { params: {} } : {})
  }
}

type Check = (value: unknown) => Failure | null

/** Holds every route of the API to its contract. */
export function validateByContract(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/')) route.schema ??= placeOf(`${[route.method].flat()[0]} ${route.url}`)
  })
  app.setValidatorCompiler(lateValidator)
}

const lateValidator: FastifySchemaCompiler<unknown> = ({ method, url, httpPart }) => {
  const route = `${method === 'HEAD' ? 'GET' : method} ${url}`
  let check: Check | null = null
  return (value: unknown) => {
    if (check !== null) {
      const refused = refusal(check(value))
      return refused === undefined ? true : { error: refused }
    }
    const loading = load(route, httpPart as RequestPart).then((loaded) => {
      check = loaded
      const refused = refusal(loaded(value))
      if (refused !== undefined) throw refused
    })
    return loading as never // Fastify's type of such a promise has a mark that no promise carries
  }
}

async function load(route: string, part: RequestPart): Promise<Check> {
  try {
    return (await import('./check.ts')).checkOf(route, part)
  } catch (error) {
    throw Object.assign(error as Error, { statusCode: 500 })
  }
}

const refusal = (failed: Failure | null) => (failed === null ? undefined : problemError(failed))
