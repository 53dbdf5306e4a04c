import type { FastifyInstance } from 'fastify'

/** `GET /api/v1/openapi.json`: what every route of this process takes and answers, made when somebody asks for it first. */
export function openapiRoutes(app: FastifyInstance, build: () => string): void {
  const routes: string[] = []
  let document: Promise<object> | null = null
  app.addHook('onRoute', ({ method, url }) => {
    routes.push(
      ...[method]
        .flat()
        .filter((one) => one !== 'HEAD')
        .map((one) => `${one} ${url}`)
    )
  })
  app.get('/api/v1/openapi.json', async () => {
    document ??= import('./contract/openapi.ts').then(({ openapiOf }) => openapiOf(routes, build()))
    return document
  })
}
