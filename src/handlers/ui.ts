import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

const sources = (html: string, tag: 'script' | 'style'): string =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))]
    .map(([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`)
    .join(' ')

/** Only the script and the style that the page itself has, and only this server to talk to. */
export const contentSecurityPolicy = (html: string): string =>
  [
    "default-src 'none'",
    `script-src ${sources(html, 'script')}`,
    `style-src ${sources(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; ')

const PAGE = new URL('../ui/index.html', import.meta.url)

/** The web page at `/`: one file, read at the first request. */
export function uiRoutes(app: FastifyInstance, page: URL = PAGE): void {
  let loaded: Promise<{ html: string; policy: string }> | null = null
  const load = async () => {
    const html = await readFile(page, 'utf8')
    return { html, policy: contentSecurityPolicy(html) }
  }
  app.get('/', async (_request, reply) => {
    loaded ??= load()
    const { html, policy } = await loaded
    return reply
      .headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(html)
  })
}
