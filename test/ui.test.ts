import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { contentSecurityPolicy } from '../src/handlers/ui.ts'
import { build } from './handlers/build.ts'

const html = readFileSync(new URL('../src/ui/index.html', import.meta.url), 'utf8')
const script = /<script>([\s\S]*)<\/script>/.exec(html)![1]!

t.test('the page comes with a policy that allows it, and nothing else', async (t) => {
  const { statusCode, headers, body } = await build(t).inject('/')
  t.equal(statusCode, 200)
  t.equal(body, html)
  const policy = String(headers['content-security-policy'])
  const hash = createHash('sha256').update(script).digest('base64')
  for (const part of [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "connect-src 'self'",
    "frame-ancestors 'none'"
  ])
    t.ok(policy.split('; ').includes(part), part)
  t.notMatch(policy, 'unsafe')
  t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' })
})

t.test('a changed page has another policy', async (t) => {
  t.not(contentSecurityPolicy(html.replace("'use strict'", "'use strict';alert(1)")), contentSecurityPolicy(html))
})

t.test('names on the bus never become HTML or code', async (t) => {
  for (const way of [
    'innerHTML',
    'outerHTML',
    'insertAdjacentHTML',
    'document.write',
    'eval(',
    'new Function',
    'srcdoc',
    'DOMParser'
  ])
    t.notOk(script.includes(way), way)
})

t.test('nothing from outside', async (t) => {
  t.notMatch(html, /https?:\/\//)
  t.notMatch(html, /\sstyle=|\son\w+=/, 'the policy would refuse inline handlers and styles')
})

t.test('it reads, from routes that are there, and changes nothing', async (t) => {
  const app = build(t)
  await app.ready()
  const asked = [...script.matchAll(/(?:fetch|EventSource)\([`']([^?`']+)/g)].map(([, url]) => url!)
  t.strictSame([...new Set(asked)].sort(), [
    '/api/v1/approvals',
    '/api/v1/explain',
    '/api/v1/quota',
    '/api/v1/stream',
    '/readyz'
  ])
  for (const url of asked) t.ok(app.hasRoute({ method: 'GET', url }), url)
  t.notMatch(script, /method:|POST|sendBeacon|XMLHttpRequest/)
  t.strictSame((await app.inject('/readyz')).json().waits, { approvals: 0, held: 0, parked: 1 })
})
