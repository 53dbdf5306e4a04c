import { Ajv2020 } from 'ajv/dist/2020.js'
import t, { type Test } from 'tap'
import { contracts } from '../../src/handlers/contract/contracts.ts'
import { routeRoles } from '../../src/handlers/roles.ts'
import { gitlab } from '../../src/handlers/webhooks/gitlab.ts'
import { type SlackParts, slack } from '../../src/handlers/webhooks/slack.ts'
import { asLocal, build } from './build.ts'
import { type Document, pathOf } from './openapi.ts'

/** Every route that there is. */
const whole = (t: Test) =>
  build(t, {
    people: [],
    webhooks: {
      senders: [gitlab({ secrets: () => [] }), slack({ settings: () => null } as unknown as SlackParts)],
      receive: async () => ({ appended: 0 })
    }
  })

t.test('every route has a contract, and every contract its route', async (t) => {
  t.same(Object.keys(contracts).sort(), Object.keys(routeRoles).sort())
})

t.test('the document is OpenAPI 3.1, and has every route with what it takes and answers', async (t) => {
  const answer = await whole(t).inject('/api/v1/openapi.json')
  t.equal(answer.statusCode, 200)
  const document: Document = answer.json()
  t.match(document, { openapi: '3.1.0', info: { title: 'Stackreflex', version: 'b1' } })
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  )
  const wanted = Object.keys(routeRoles).map((route) => route.replace(/:(\w+)/g, '{$1}'))
  t.same(listed.sort(), wanted.sort())
  t.notMatch(answer.body, '"$ref"', 'nothing is elsewhere')
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const name = `${method} ${path}`
      t.ok(operation.summary, `${name} says what it is for`)
      t.ok(operation.responses.default?.content['application/problem+json'], `${name} says how it fails`)
      t.ok(Object.keys(operation.responses['200']?.content ?? {}).length > 0, `${name} says what it answers`)
      const inPath = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => `{${one.name}}`)
      t.same(inPath, path.match(/\{\w+\}/g) ?? [], `${name} has the parameters of its path`)
      for (const { content } of Object.values(operation.responses))
        for (const { schema } of Object.values(content)) t.doesNotThrow(() => ajv.compile(schema), name)
    }
})

t.test('a process says of its own routes only', async (t) => {
  const document: Document = (await build(t).inject('/api/v1/openapi.json')).json()
  t.equal(document.paths['/webhooks/gitlab'], undefined)
  t.ok(document.paths[pathOf('/api/v1/approvals/:id/approve')])
})

t.test('errors are problem details with the members that clients read before', async (t) => {
  const app = build(t)
  const post = { method: 'POST', headers: { 'content-type': 'application/json', ...asLocal } } as const
  for (const [asked, code] of [
    [{ url: '/nowhere' }, 'NO_ROUTE'],
    [{ url: '/api/v1/events?limit=501' }, 'BAD_PARAMETER'],
    [{ url: '/api/v1/events?limt=5' }, 'UNKNOWN_PARAMETER'],
    [{ url: '/api/v1/events', headers: { host: 'evil.example' } }, 'FORBIDDEN_HOST'],
    [{ url: '/api/v1/%zz' }, 'BAD_ADDRESS'],
    [{ ...post, url: '/api/v1/stops', payload: '{"reason":1}' }, 'BAD_BODY'],
    [{ ...post, url: '/api/v1/stops', payload: '{' }, 'BAD_BODY'],
    [{ ...post, url: '/api/v1/accept', payload: '{}' }, 'BAD_PARAMETER'],
    [{ ...post, url: '/api/v1/accept', payload: '{"what":"nothing"}' }, 'BAD_PARAMETER']
  ] as const) {
    // The first one loads the validator, the second one has it.
    for (const time of ['first', 'second']) {
      const answer = await app.inject(asked)
      const { error, ...problem } = answer.json()
      const name = `${code}, the ${time} time`
      t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', name)
      t.match(problem, {
        type: `urn:stackreflex:problem:${code.toLowerCase().replaceAll('_', '-')}`,
        title: String,
        status: answer.statusCode,
        detail: error.message,
        instance: `urn:uuid:${error.requestId}`
      })
      t.equal(error.code, code, name)
    }
  }
})

t.test('the headers of every answer keep browsers from anything but what it is for', async (t) => {
  const app = build(t)
  for (const url of ['/healthz', '/api/v1/stops', '/nowhere', '/metrics', '/api/v1/events?limit=x']) {
    const { headers } = await app.inject(url)
    t.match(
      headers,
      {
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'x-frame-options': 'DENY',
        'content-security-policy': /^default-src 'none';.*frame-ancestors 'none'/
      },
      url
    )
    t.equal(headers['strict-transport-security'], undefined, 'that is for whoever ends TLS')
  }
  const refused = await app.inject({ url: '/api/v1/stops', headers: { host: 'evil.example' } })
  t.match(refused.headers, { 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
})

t.test('a page has its own policy, and that one alone', async (t) => {
  const url = await build(t).listen({ host: '127.0.0.1', port: 0 })
  const policy = (await fetch(url)).headers.get('content-security-policy') ?? ''
  t.match(policy, /script-src 'sha256-/)
  t.notMatch(policy, ', ', 'two headers would be joined so')
})
