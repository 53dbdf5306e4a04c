import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { contentSecurityPolicy, loadPage, pages } from '../../src/handlers/ui.ts'
import { build } from '../handlers/build.ts'

const scriptsOf = (html: string) => [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text!)
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const parts = (policy: string) => Object.fromEntries(policy.split('; ').map((part) => part.split(/ (.*)/)))

const own: Readonly<Record<string, readonly string[]>> = {
  '/': ['/api/v1/approvals'],
  '/quota': ['/api/v1/quota'],
  '/isolation': ['/api/v1/isolation']
}

t.test('every page there is has a path, and every path its page', async (t) => {
  const files = readdirSync(new URL('../../src/ui/', import.meta.url)).filter((file) => file.endsWith('.html'))
  t.strictSame(files.toSorted(), Object.values(pages).toSorted())
  t.strictSame(Object.keys(pages).toSorted(), Object.keys(own).toSorted())
})

for (const [path, file] of Object.entries(pages)) {
  const html = await loadPage(file)
  const scripts = scriptsOf(html)
  const script = scripts.join('\n')

  t.test(`${path}: the page comes with a policy that allows it, and nothing else`, async (t) => {
    const { statusCode, headers, body } = await build(t).inject(path)
    t.equal(statusCode, 200)
    t.equal(body, html)
    const policy = String(headers['content-security-policy'])
    t.equal(scripts.length, 2, 'what pages share, and its own')
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text]) => text!)
    t.match(parts(policy), {
      'default-src': "'none'",
      'script-src': scripts.map(hashOf).join(' '),
      'style-src': styles.map(hashOf).join(' '),
      'connect-src': "'self'",
      'frame-ancestors': "'none'"
    })
    t.notMatch(policy, 'unsafe')
    t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' })
  })

  t.test(`${path}: a changed page has another policy`, async (t) => {
    const changed = html.replaceAll("'use strict'", "'use strict';alert(1)")
    t.not(changed, html)
    const [before, after] = [parts(contentSecurityPolicy(html)), parts(contentSecurityPolicy(changed))]
    t.not(after['script-src'], before['script-src'])
    t.equal(after['style-src'], before['style-src'])
  })

  t.test(`${path}: names on the bus never become HTML or code`, async (t) => {
    for (const way of [
      'innerHTML',
      'outerHTML',
      'insertAdjacentHTML',
      'setHTMLUnsafe',
      'document.write',
      'eval(',
      'new Function',
      'createContextualFragment',
      'srcdoc',
      'DOMParser'
    ])
      t.notOk(script.includes(way), way)
  })

  t.test(`${path}: nothing from outside`, async (t) => {
    const addresses = [...html.matchAll(/https?:\/\/[^'"\s]+/g)].map(([address]) => address)
    // The name of a kind of element, which nobody asks for.
    t.strictSame(
      [...new Set(addresses)].filter((one) => one !== 'http://www.w3.org/2000/svg'),
      []
    )
    t.notMatch(html, /<link rel="stylesheet"|<script src/, 'everything is in the page')
    t.notMatch(html, /\sstyle=|\son\w+=/, 'the policy would refuse inline handlers and styles')
  })

  t.test(`${path}: the pages lead to each other, and say which one this is`, async (t) => {
    const links = [...html.matchAll(/<a href="([^"]+)"( aria-current="page")?>(Live|Quota|Isolation)<\/a>/g)]
    t.strictSame(
      links.map(([, to]) => to),
      Object.keys(pages)
    )
    t.strictSame(
      links.filter(([, , current]) => current !== undefined).map(([, to]) => to),
      [path]
    )
  })

  t.test(`${path}: it reads, from routes that are there, and changes nothing`, async (t) => {
    const app = build(t, { people: [] })
    await app.ready()
    const fetched = /(?:fetch\(|EventSource\(|watch\('[a-z-]+', \(\) => )[`']([^?`']+)/g
    const asked = [...script.matchAll(fetched)].map(([, url]) => url!)
    const shared = ['/api/v1/explain', '/api/v1/simulated-people', '/api/v1/stream', '/readyz']
    t.strictSame([...new Set(asked)].sort(), [...shared, ...own[path]!].sort())
    for (const url of asked) t.ok(app.hasRoute({ method: 'GET', url }), url)
    t.notMatch(script, /method:|POST|sendBeacon|XMLHttpRequest/)
  })
}

t.test('what waits is counted', async (t) => {
  t.strictSame((await build(t).inject('/readyz')).json().waits, { approvals: 0, held: 0, parked: 1 })
})
