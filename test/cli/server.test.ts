import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { Context } from '../../src/cli/command.ts'
import { said } from './product.ts'

interface Asked {
  readonly line: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/** A server that answers as it is told, by method and path. */
async function server(t: Test, answers: Readonly<Record<string, object>>) {
  const asked: Asked[] = []
  const http = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    const line = `${request.method} ${request.url}`
    response.setHeader('x-stackreflex', 'i1')
    if (line === 'GET /healthz') return response.end('{"alive":true}')
    asked.push({
      line,
      authorization: request.headers.authorization,
      body: text === '' ? null : { ...JSON.parse(text), type: request.headers['content-type'] }
    })
    const answer = answers[line] ?? { error: { code: 'NOT_FOUND', message: `${line} is not there`, requestId: 'r' } }
    const status = 'error' in answer ? 409 : 200
    response.writeHead('ready' in answer && answer.ready === false ? 503 : status).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => http.close())
  const REFLEX_URL = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return {
    asked,
    REFLEX_URL,
    run: (line: readonly string[], env: Context['env'] = {}) =>
      said(line, {
        env: { REFLEX_URL, REFLEX_TOKEN: 'alice-token', ...env },
        openJournal: () => t.fail('not the file') as never
      })
  }
}

const type = 'application/json'
const authorization = 'Bearer alice-token'
const step = { type: 'say', risk: 'update', cluster: 'dev', target: 't1', scope: 'zone', input: {} }
const decision = {
  id: 812,
  outcome: 'act',
  mode: 'approve',
  reason: 'it is missing',
  plan: [step, step],
  verdict: { verdict: 'proceed' },
  approval: 7,
  findings: []
}
const votes = [{ actor: 'alice', verdict: 'approve' }]
const approval = { id: 7, state: 'granted', reason: 'granted by alice', votes }

t.test('approve and reject', async (t) => {
  const { run, asked } = await server(t, {
    'POST /api/v1/approvals/7/approve': { approval, missing: 0, decision },
    'POST /api/v1/approvals/8/approve': { approval: { ...approval, id: 8, state: 'open' }, missing: 2, decision: null },
    'POST /api/v1/approvals/7/reject': { approval, missing: 0, decision: null },
    'POST /api/v1/approvals/9/approve': {
      error: { code: 'REFUSED', message: 'bob is\u001b in no group', requestId: 'r' }
    }
  })
  const { code, out } = await run(['approve', '7', 'looks', 'right'])
  t.equal(out, 'approval 7 granted; decided again (decision 812): the same plan, 2 steps go\n')
  t.equal(code, 0)
  t.same(asked, [{ line: 'POST /api/v1/approvals/7/approve', authorization, body: { reason: 'looks right', type } }])
  t.equal((await run(['approve', '8'])).out, 'approval 8: 1 of 3 approvals, 2 more are needed\n')
  t.same(asked.at(-1)?.body, { type })
  t.match((await run(['reject', '7'])).out, 'approval 7 rejected: ')
  const refused = await run(['approve', '9'])
  t.equal(refused.code, 1)
  t.equal(refused.err, 'bob is  in no group\n')
})

t.test('stop, resume, undo, unpark', async (t) => {
  const stop = { id: 1, cluster: 'dev', by: 'alice', at: '2026-11-23T03:00:00.000Z', reason: 'odd' }
  const left = [{ ...stop, id: 2, cluster: null, by: 'bob' }]
  const { run, asked } = await server(t, {
    'POST /api/v1/stops': { stop: 3, cluster: 'dev', others: [] },
    'POST /api/v1/resume': { lifted: stop, lanes: 3, left },
    'POST /api/v1/actions/a%2Fb/undo': { policy: 'undo', lane: 'a/b/1', decision: { ...decision, approval: null } },
    'POST /api/v1/restarts': { event: 3, decisions: [decision] },
    'POST /api/v1/lanes/unpark': { policy: 'q', lane: 'name:web' }
  })
  t.match((await run(['stop', 'dev', 'odd'])).out, 'dev is stopped (stop 3): ')
  t.match((await run(['stop', 'all'])).out, 'everything is stopped (stop 3): ')
  t.equal(
    (await run(['resume', 'dev'])).out,
    'lifted: stop 1 of dev, by alice since 2026-11-23T03:00:00Z (odd): 3 held lanes are decided again\nstill stopped: stop 2 of everything, by bob since 2026-11-23T03:00:00Z (odd): `reflex resume all` goes on\n'
  )
  t.match((await run(['undo', 'a/b'])).out, 'undoing a/b is decided (decision 812): 2 steps go\n')
  t.match((await run(['unpark', 'name:web', 'mended'])).out, 'lane name:web of q is tried again')
  t.match(
    (await run(['restart', 'erpnext', 'dev', '--reason', 'it hangs'])).out,
    'the restart of erpnext on dev is decided (decision 812): 2 steps go\n'
  )
  t.same(
    asked.map(({ body }) => body),
    [
      { cluster: 'dev', reason: 'odd', type },
      { type },
      { cluster: 'dev', type },
      { type },
      { lane: 'name:web mended', type },
      { service: 'erpnext', cluster: 'dev', reason: 'it hangs', type }
    ]
  )
  t.ok(asked.every((one) => one.authorization === authorization))
})

t.test('lists, status, and a time', async (t) => {
  const { run, asked } = await server(t, {
    'GET /readyz': {
      ready: false,
      modes: { 'dns-records': 'enforce' },
      checks: [
        { name: 'journal', level: 'ok', detail: '7 events' },
        { name: 'stop', level: 'warning', detail: 'told above' },
        { name: 'parked lanes', level: 'warning', detail: 'told above' },
        { name: 'broker lab', level: 'failure', detail: 'not connected;\u001b trying again' }
      ]
    },
    'GET /api/v1/stops': { items: [] },
    'GET /api/v1/lanes?held=true': { items: [{ key: 'a', policy: 'q', held: 'window', parked: null }] },
    'GET /api/v1/lanes?parked=true': { items: [{ key: 'b', policy: 'q', held: null, parked: 'TypeError' }] },
    'GET /api/v1/approvals?state=open': { items: [] },
    'GET /api/v1/explain?since=1h&policy=dns-records': {
      since: '2026-11-23T03:00:00.000Z',
      until: null,
      policy: 'dns-records',
      items: [],
      cut: false
    }
  })
  const status = await run(['status'])
  t.equal(status.code, 1, 'not ready')
  t.match(
    status.out,
    /^product {4}runs, NOT READY\nfrom {7}http:\/\/127\.0\.0\.1:\d+, installation i1\npolicies {3}dns-records enforce\nstopped {4}nothing\nheld {7}1 lane: 1 by window\n/
  )
  t.notMatch(status.out, 'told above')
  t.match(status.out, /\nfailure {4}broker lab: not connected; {2}trying again\n$/)
  t.match((await run(['parked'])).out, /\nb {5}q {7}TypeError\n/)
  t.equal((await run(['approvals'])).out, 'no approval is waited for\n')
  const time = await run(['explain', '--since', '1h', '--policy', 'dns-records'])
  t.equal(time.code, 0)
  t.match(time.out, 'Nothing was decided or done by dns-records from 2026-11-23T03:00:00Z until now.\n')
  t.equal((await run(['approvals', '--all'])).err, 'GET /api/v1/approvals is not there\n')
  t.equal((await run(['dns', 'web-1'])).err, 'GET /api/v1/explain?about=web-1 is not there\n')
  t.ok(asked.every(({ line }) => line.startsWith('GET ')))
})

t.test('the token goes to this machine or over https, and nowhere else', async (t) => {
  const { run, asked } = await server(t, { 'GET /api/v1/approvals?state=open': { items: [] } })
  await run(['approvals'], { REFLEX_TOKEN: '' })
  t.equal(asked.at(-1)?.authorization, undefined)
  const sent: { url: string; authorization: string | null; redirect: string | undefined }[] = []
  const fetch: Context['fetch'] = async (url, init) => {
    const authorization = new Headers(init?.headers).get('authorization')
    sent.push({ url: String(url), authorization, redirect: init?.redirect })
    const alive = String(url).endsWith('/healthz')
    return Response.json(alive ? { alive: true } : { items: [] }, { headers: { 'x-stackreflex': 'i1' } })
  }
  const at = (REFLEX_URL: string, REFLEX_TOKEN = 'alice-token') =>
    said(['approvals'], { env: { REFLEX_URL, REFLEX_TOKEN }, fetch })
  for (const url of [
    'http://reflex.example.org:8080',
    'http://10.0.0.5:8080',
    'http://127.0.0.1.example.org',
    'http://localhost.example.org',
    'http://127.0.0.1@example.org'
  ]) {
    const { code, err } = await at(url)
    t.equal(code, 3, url)
    t.equal(
      err,
      `REFLEX_URL ${url} would carry REFLEX_TOKEN over the network in clear text: use https://, a tunnel to 127.0.0.1, or unset REFLEX_TOKEN\n`
    )
  }
  t.same(sent, [], 'nothing was sent there')
  for (const url of ['https://reflex.example.org', 'http://localhost:8080', 'http://[::1]:8080'])
    t.equal((await at(url)).code, 0, url)
  const isProof = ({ url }: { url: string }) => url.endsWith('/healthz')
  t.ok(sent.every((one) => one.authorization === (isProof(one) ? null : authorization) && one.redirect === 'error'))
  t.equal((await at('http://reflex.example.org:8080', '')).code, 0, 'without a token there is nothing to keep')
  t.equal(sent.at(-1)?.authorization, null)
})

t.test('a redirect does not take the token along; what is no API is said', async (t) => {
  const other = await server(t, {})
  const http = createServer((request, response) => {
    response.setHeader('x-stackreflex', 'i1')
    if (request.url === '/healthz') response.end('{"alive":true}')
    else if (request.url?.startsWith('/api')) response.writeHead(307, { location: other.REFLEX_URL }).end()
    else response.end('<html>\u001b[31m')
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => http.close())
  const REFLEX_URL = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const env = { REFLEX_URL, REFLEX_TOKEN: 'alice-token' }
  const redirected = await said(['stop', 'all'], { env })
  t.equal(redirected.code, 3)
  t.match(redirected.err, `${REFLEX_URL} (REFLEX_URL) cannot be asked: `)
  t.same(other.asked, [])
  const page = await said(['status'], { env })
  t.equal(page.code, 3)
  t.match(page.err, 'cannot be asked: Unexpected token')
  t.notMatch(page.err, '\u001b')
  t.match(
    (await said(['status'], { env: { REFLEX_URL: 'reflex' } })).err,
    'REFLEX_URL reflex is not an address such as'
  )
})
