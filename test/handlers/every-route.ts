import type { FastifyInstance } from 'fastify'
import { type AppParts, buildApp, type Routes } from '../../src/handlers/app.ts'
import { type ServeParts, serveRoutes } from '../../src/handlers/serve.ts'
import { type WebhookParts, webhookRoutes } from '../../src/handlers/webhook.ts'

/** The parts of a process that both receives and serves. */
export type WholeParts = Omit<AppParts, 'routes'> &
  Omit<ServeParts, 'reading' | 'build'> & {
    /** Whose webhooks are taken, and what journals them; left out: nobody's. */
    readonly webhooks?: Omit<WebhookParts, 'log' | 'metrics' | 'refusals'>
  }

/** An app with every route that there is. */
export function everyRoute(parts: WholeParts): FastifyInstance {
  const { reading = parts.journal, status, webhooks, log, metrics } = parts
  const serve = serveRoutes({ ...parts, reading, build: () => status().build })
  const receive: Routes = (app, { refusals }) => {
    if (webhooks !== undefined) webhookRoutes(app, { ...webhooks, log, metrics, refusals })
  }
  return buildApp({ ...parts, routes: [serve, receive] })
}
