import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type Document, differences } from '../handlers/openapi.ts'
import { until } from './doors.ts'
import { startProduct } from './running.ts'

t.test('every answer of a simulated day is as its document says, nothing less and nothing more', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-openapi-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const told: string[] = []
  const running = await startProduct({ PORT: '0' }, cwd, (line) => told.push(line))
  t.teardown(() => running.close())
  const [, ALICE = '', BOB = ''] = await until(
    'the people',
    () => /\n {2}ALICE=(\S+)\n {2}BOB=(\S+)\n/.exec(told.join('\n')) ?? undefined
  )
  const asked = new Set<string>()
  const call = async (route: string, path: string, who = '', body?: object) => {
    const [method = ''] = route.split(' ')
    const headers = {
      ...(who === '' ? {} : { authorization: `Bearer ${who}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(running.url + path, { method, headers, ...sent })
    const type = answer.headers.get('content-type') ?? ''
    const text = await answer.text()
    return { status: answer.status, type, body: /json/.test(type) ? JSON.parse(text) : text }
  }
  const document: Document = (await call('GET', '/api/v1/openapi.json')).body
  const right = async (route: string, path = route.split(' ')[1]!, who = '', body?: object, status = 200) => {
    const answer = await call(route, path, who, body)
    t.equal(answer.status, status, `${route} ${path} ${JSON.stringify(answer.body).slice(0, 300)}`)
    t.same([...new Set(differences(document, route, answer))].slice(0, 10), [], `${route} ${path}`)
    asked.add(route)
    return answer.body
  }
  const get = (path: string, query = '') => right(`GET ${path}`, path + query)

  // What came of the first minutes: records set, quota moved, a port of dev that was opened and closed again.
  type Actions = { items: readonly { id: string; type: string; state: string; decision: number }[] }
  const done = await until('a record that was set', async () => {
    const { items } = (await call('GET', '/api/v1/actions?limit=500')).body as Actions
    return items.find(({ type, state }) => type === 'recordset-set' && state === 'done')
  })
  await until('a breach that is over', async () => {
    const { history } = (await call('GET', '/api/v1/isolation')).body as { history: readonly object[] }
    return history.length > 0
  })

  await right('POST /api/v1/restarts', undefined, ALICE, { service: 'erpnext', cluster: 'prod', reason: 'to try it' })
  await right('POST /api/v1/restarts', undefined, ALICE, { service: 'nothing' }, 404)
  const { items: open } = (await get('/api/v1/approvals', '?state=open')) as { items: readonly { id: number }[] }
  const id = String(open[0]?.id)
  const approve = 'POST /api/v1/approvals/:id/approve'
  await right(approve, `/api/v1/approvals/${id}/approve`, ALICE, {}, 403)
  await right(approve, `/api/v1/approvals/${id}/approve`, BOB, { reason: 'seen' })
  await right('POST /api/v1/restarts', undefined, ALICE, { service: 'erpnext', cluster: 'prod', reason: 'once more' })
  const { items: second } = (await get('/api/v1/approvals', '?state=open')) as { items: readonly { id: number }[] }
  if (second[0] !== undefined)
    await right('POST /api/v1/approvals/:id/reject', `/api/v1/approvals/${second[0].id}/reject`, BOB, { reason: 'no' })
  await right('POST /api/v1/decisions/:id/again', `/api/v1/decisions/${done.decision}/again`, ALICE, {})
  await right('POST /api/v1/actions/:id/undo', `/api/v1/actions/${done.id}/undo`, ALICE, { reason: 'to try it' })
  const { stop } = (await right('POST /api/v1/stops', undefined, ALICE, { cluster: 'dev', reason: 'a try' })) as {
    stop: number
  }
  await right('POST /api/v1/stops', undefined, BOB, { cluster: 'dev', reason: 'another' })
  await get('/api/v1/stops')
  await get('/readyz')
  await right('POST /api/v1/resume', undefined, ALICE, { stop: String(stop) })
  await right('POST /api/v1/accept', undefined, ALICE, { what: 'clock' })
  await right('POST /api/v1/accept', undefined, ALICE, { what: 'journal' }, 409)
  await right('POST /api/v1/lanes/unpark', undefined, ALICE, { lane: 'nothing' }, 404)
  const { groups } = (await get('/api/v1/quota')) as {
    groups: readonly { resources: readonly { resource: string; projects: readonly { cluster: string }[] }[] }[]
  }
  const { resource = '', projects = [] } = groups[0]?.resources[0] ?? {}
  const wish = { cluster: projects[0]?.cluster, resource, amount: '1', for: '1h', reason: 'a try', confirm: 'yes' }
  const { request } = (await right('POST /api/v1/quota/requests', undefined, ALICE, wish)) as { request: number }
  const release = `/api/v1/quota/requests/${request}/release`
  await right('POST /api/v1/quota/requests/:id/release', release, ALICE, {})

  for (const path of ['/api/v1/events', '/api/v1/decisions', '/api/v1/actions']) {
    await get(path, '?limit=500')
    await get(path, '?limit=1&since=1h')
    await right(`GET ${path}`, `${path}?limit=0`, '', undefined, 400)
  }
  for (const path of [
    '/api/v1/approvals',
    '/api/v1/lanes',
    '/api/v1/quota',
    '/api/v1/findings',
    '/api/v1/isolation',
    '/healthz',
    '/readyz'
  ])
    await get(path)
  await get('/api/v1/explain', `?about=${encodeURIComponent(done.id)}`)
  await get('/api/v1/explain', `?about=decision:${done.decision}&format=text`)
  await get('/api/v1/explain', '?since=1h')
  await right('GET /api/v1/explain', '/api/v1/explain?about=nothing-here', '', undefined, 404)
  await get('/api/v1/isolation', '?format=sarif')
  await get('/api/v1/simulated-people')
  await get('/api/v1/openapi.json')
  await get('/metrics')
  for (const path of ['/', '/quota', '/isolation']) await get(path)
  await right('POST /webhooks/gitlab', undefined, '', {}, 401)

  // A stream has no end, Slack is not configured, and what a rejection answers depends on what was open.
  const unasked = Object.entries(document.paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((route) => !new Set([...asked].map((one) => one.replace(/:(\w+)/g, '{$1}'))).has(route))
  const elsewhere = ['GET /api/v1/stream', 'POST /slack/commands', 'POST /slack/interactions']
  t.same(
    unasked.filter((route) => !elsewhere.includes(route)),
    [],
    'every route was asked'
  )
})
