import type { FastifyInstance } from 'fastify'

interface OpenapiParts {
  /** Every route of this process, as `GET /api/v1/events`. */
  readonly routes: readonly string[]
  readonly build: () => string
}

/** Registers `GET /api/v1/openapi.json`: the OpenAPI document of this process, made at the first request. */
export function openapiRoutes(app: FastifyInstance, { routes, build }: OpenapiParts): void {
  let document: Promise<object> | null = null
  app.get('/api/v1/openapi.json', async () => {
    document ??= import('./contract/openapi.ts').then(({ openapiOf }) => openapiOf(routes, build()))
    return document
  })
}

/** Collects the routes that are added from now on, as `METHOD path`. */
export function collectRoutes(app: FastifyInstance): readonly string[] {
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push(`${one} ${url}`)
  })
  return routes
}
