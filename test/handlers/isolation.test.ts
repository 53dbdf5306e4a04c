import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openJournal } from '../../src/store/open.ts'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { build } from './build.ts'

async function asked(t: Test) {
  const journal = await openJournal({ path: join(mkdtempSync(join(tmpdir(), 'reflex-isolation-')), 'j.db') })
  t.teardown(() => journal.close())
  const app = build(t, { journal })
  const get = async (query = '') => {
    const { statusCode, body, headers } = await app.inject(`/api/v1/isolation${query}`)
    return { statusCode, headers, body: JSON.parse(body) }
  }
  return { journal, get }
}

t.test('the report: what is there, held by the guard, and over', async (t) => {
  const { journal, get } = await asked(t)
  t.strictSame((await get()).body, {
    clusters: ['dev', 'prod', 'infra'],
    layers: ['network', 'storage', 'project', 'identity'],
    matrix: [],
    findings: [],
    history: []
  })
  await breached(journal, 'a', [breach(), breach({ detail: 'rbac-2' })])
  await breached(journal, 'a', [breach({ state: 'noticed' })])
  await breached(journal, 'b', [breach({ state: 'closing' })], 'window')
  const { body } = await get()
  t.match(body.findings, [
    { lane: 'b', state: 'held', held: { rule: 'window', until: null } },
    { lane: 'a', state: 'noticed', held: null, userId: 'u-eve', requestId: /^req-/, decisions: { first: 1, last: 2 } }
  ])
  t.match(body.history, [{ lane: 'a', detail: 'rbac-2', state: 'fixed' }])
  t.equal(body.findings.length + body.history.length, 3)
  t.match((await get('?state=noticed,fixed')).body, { findings: [{ lane: 'a' }], history: [{}], matrix: [{}] })
  t.equal((await get('?state=noticed')).body.findings.length, 1)
  t.strictSame((await get('?history=0')).body.history, [])
})

t.test('SARIF has its own type', async (t) => {
  const { journal, get } = await asked(t)
  await breached(journal, 'a', [breach()])
  const { headers, body } = await get('?format=sarif')
  t.match(headers['content-type'], /^application\/sarif\+json/)
  t.match(body, { version: '2.1.0', runs: [{ tool: { driver: { version: 'b1' } }, results: [{}] }] })
})

for (const [query, problem] of [
  ['?state=shut', /'state' = "shut".*open, exempt, noticed, closing, held, fixed/],
  ['?history=501', /'history'.*from 0 to 500/],
  ['?format=xml', /'format'.*json, sarif/],
  ['?stat=open', /there is no parameter 'stat', did you mean 'state'/]
] as const)
  t.test(query, async (t) => {
    const { statusCode, body } = await (await asked(t)).get(query)
    t.equal(statusCode, 400)
    t.match(body.error.message, problem)
  })
