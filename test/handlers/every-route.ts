import type { FastifyInstance } from 'fastify'
import { type AppParts, buildApp } from '../../src/handlers/app.ts'
import { type ServeParts, serveRoutes } from '../../src/handlers/serve.ts'
import { type WebhookParts, webhookRoutes } from '../../src/handlers/webhooks.ts'

/** The parts of a process that both receives and serves. */
export type WholeParts = Omit<AppParts, 'routes'> & Omit<ServeParts, 'reading' | 'build'> & WebhookParts

/** An app with every route that there is. */
export function everyRoute(parts: WholeParts): FastifyInstance {
  const { reading = parts.journal, status } = parts
  const serve = serveRoutes({ ...parts, reading, build: () => status().build })
  return buildApp({ ...parts, routes: [serve, webhookRoutes(parts)] })
}
