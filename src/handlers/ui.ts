import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { rootFolder } from '../base/place.ts'

const sources = (html: string, tag: 'script' | 'style'): string =>
  [...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))]
    .map(([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`)
    .join(' ')

/** Makes the Content-Security-Policy of a page: only the scripts and styles that it has itself (by hash), and connections to this server only. */
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

const folder = new URL('src/ui/', rootFolder())

/** Every page, by its path. */
export const pages = { '/': 'index.html', '/quota': 'quota.html', '/isolation': 'isolation.html' } as const

const parts = /<link rel="stylesheet" href="([a-z-]+\.css)">|<script src="([a-z-]+\.js)"><\/script>/g

/** Loads a page with the shared styles and scripts inlined; its policy allows them by their hashes. */
export async function loadPage(file: string): Promise<string> {
  const read = (name: string) => readFile(new URL(name, folder), 'utf8')
  const html = await read(file)
  const names = [...html.matchAll(parts)].map(([, style, script]) => (style ?? script)!)
  const texts = new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)))
  return html.replace(parts, (_all, style?: string, script?: string) =>
    style === undefined ? `<script>\n${texts.get(script!)}</script>` : `<style>\n${texts.get(style)}</style>`
  )
}

/** Registers the web pages, each read at its first request. */
export function uiRoutes(app: FastifyInstance): void {
  for (const [path, file] of Object.entries(pages)) {
    let loaded: Promise<{ html: string; policy: string }> | null = null
    const load = async () => {
      const html = await loadPage(file)
      return { html, policy: contentSecurityPolicy(html) }
    }
    app.get(path, async (_request, reply) => {
      loaded ??= load()
      const { html, policy } = await loaded
      return reply
        .headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
        .type('text/html; charset=utf-8')
        .send(html)
    })
  }
}
