import type { FastifyInstance } from 'fastify'

interface OpenapiParts {
  /** Every route of this process, as `GET /api/v1/events`. */
  readonly routes: readonly string[]
  readonly build: () => string
}

/** `GET /api/v1/openapi.json`: what every route of this process takes and answers, made when somebody asks for it first. */
export function openapiRoutes(app: FastifyInstance, { routes, build }: OpenapiParts): void {
  let document: Promise<object> | null = null
  app.get('/api/v1/openapi.json', async () => {
    document ??= import('./contract/openapi.ts').then(({ openapiOf }) => openapiOf(routes, build()))
    return document
  })
}

/** The names of all routes that are added from now on, as they come. */
export function collectRoutes(app: FastifyInstance): readonly string[] {
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push(`${one} ${url}`)
  })
  return routes
}
