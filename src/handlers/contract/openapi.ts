import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import { type Contract, contractOf } from './contracts.ts'
import { problem } from './views.ts'

const problems = {
  description: 'What is wrong, and what is allowed',
  content: { 'application/problem+json': { schema: problem } }
}

/** Builds the OpenAPI 3.1 document of these routes (`GET /api/v1/events`). Made on an app of its own, which nobody listens to. */
export async function openapiOf(routes: readonly string[], build: string): Promise<object> {
  const app = Fastify()
  try {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Stackreflex', version: build },
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{}, { token: [] }]
      }
    })
    // Nothing is asked of this app.
    app.setValidatorCompiler(() => () => true)
    app.setSerializerCompiler(() => JSON.stringify)
    for (const route of routes) {
      const [method, url] = route.split(' ') as ['GET' | 'POST', string]
      app.route({ method, url, exposeHeadRoute: false, schema: schemaOf(contractOf(route)), handler: () => {} })
    }
    await app.ready()
    return app.swagger()
  } finally {
    await app.close()
  }
}

function schemaOf(contract: Contract | undefined) {
  if (contract === undefined) return {}
  const { summary, querystring, params, body, takes, answer, alsoOn, media = [] } = contract
  const content = {
    ...(answer === undefined ? {} : { 'application/json': { schema: answer } }),
    ...Object.fromEntries(media.map((type) => [type, { schema: {} }]))
  }
  const ok = { description: summary, content }
  return {
    summary,
    ...(querystring === undefined ? {} : { querystring }),
    ...(params === undefined ? {} : { params }),
    ...(takes === undefined
      ? body === undefined
        ? {}
        : { body: { content: { 'application/json': { schema: body } } } }
      : { body: { content: { [takes]: { schema: {} } } } }),
    response: { 200: ok, ...(alsoOn === undefined ? {} : { [alsoOn]: ok }), default: problems }
  }
}
