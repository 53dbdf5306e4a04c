import fc from 'fast-check'
import t from 'tap'
import type { Claim } from '../../../src/policies/dns-records/claims.ts'
import type { RecordsetAnswer, RecordsetsAtAnswer } from '../../../src/policies/dns-records/questions/recordsets-at.ts'
import type { ResourceAnswer } from '../../../src/policies/dns-records/questions/resource-answer.ts'
import { decideRecordset, type RecordsetSubject } from '../../../src/policies/dns-records/recordset.ts'
import type { DnsSettings } from '../../../src/policies/dns-records/settings.ts'

const settings: DnsSettings = { cloud: 'infra', reserved: [], keepFree: 50, optOut: 'stackreflex' }
const name = 'web.dev.cloud.lab.'
const zone = { id: 'z', name: 'cloud.lab.' }
const web = 'server/p1/web'

const claim = (record: string, more: Partial<Claim> = {}): Claim => ({
  lane: `name:${name}`,
  kind: 'fixed',
  type: 'A',
  name,
  record,
  resources: [web],
  floatingIp: null,
  project: 'p1',
  keepOnly: false,
  created: '2026-01-01T00:00:00Z',
  written: { text: name, own: 'web', changed: false, placeChanged: false },
  ...more
})
const recordset = (records: string[], more: Partial<RecordsetAnswer> = {}): RecordsetAnswer => ({
  id: 'r',
  name,
  type: 'A',
  ttl: null,
  records,
  description: 'stackreflex me',
  status: 'ACTIVE',
  ...more
})
const at = (recordsets: RecordsetAnswer[], more: Partial<RecordsetsAtAnswer> = {}): RecordsetsAtAnswer => ({
  zone,
  recordsets,
  count: 10,
  quota: 500,
  ...more
})
const applied = (records: string[], by = [web]) => ({
  target: `recordset/infra/cloud.lab./${name}/A`,
  scope: 'zone/cloud.lab.',
  lane: `name:${name}`,
  value: {
    kind: 'recordset',
    zone: 'cloud.lab.',
    name,
    type: 'A',
    records,
    by: Object.fromEntries(records.map((record) => [record, by])),
    project: 'p1'
  }
})
const read = (resource: string, status: ResourceAnswer['status']): ResourceAnswer => ({
  resource,
  project: 'p1',
  status,
  reason: `${resource} is ${status}`,
  server: null,
  ports: [],
  floatingIps: []
})
const decide = (more: Partial<RecordsetSubject>) =>
  decideRecordset(
    {
      name,
      type: 'A',
      claims: [],
      at: at([]),
      applied: [],
      installId: 'me',
      resources: [read(web, 'gone')],
      clusters: { p1: 'dev' },
      ...more
    },
    settings
  )

const cases: [string, Partial<RecordsetSubject>, string | null, RegExp][] = [
  ['nothing wanted, nothing there', {}, null, /nothing is wanted, nothing is there/],
  ['wanted and missing', { claims: [claim('10.0.0.1')] }, 'recordset-set', /\[10\.0\.0\.1\] is missing/],
  [
    'in order',
    { claims: [claim('10.0.0.1')], at: at([recordset(['10.0.0.1'])]), applied: [applied(['10.0.0.1'])] },
    null,
    /is in order/
  ],
  [
    'another address',
    { claims: [claim('10.0.0.2')], at: at([recordset(['10.0.0.1'])]), applied: [applied(['10.0.0.1'])] },
    'recordset-set',
    /\[10\.0\.0\.1\] becomes \[10\.0\.0\.2\]/
  ],
  [
    'gone with its server',
    { at: at([recordset(['10.0.0.1'])]), applied: [applied(['10.0.0.1'])] },
    'recordset-delete',
    /no server or floating IP stands behind/
  ],
  [
    'not without evidence: the server was not read',
    { at: at([recordset(['10.0.0.1'])]), applied: [applied(['10.0.0.1'])], resources: [] },
    null,
    /was not read: nothing is removed/
  ],
  [
    'not without evidence: the server may exist',
    { at: at([recordset(['10.0.0.1'])]), applied: [applied(['10.0.0.1'])], resources: [read(web, 'unknown')] },
    null,
    /nothing is removed/
  ],
  [
    'deleted by somebody, wanted: again',
    { claims: [claim('10.0.0.1')], applied: [applied(['10.0.0.1'])] },
    'recordset-set',
    /somebody deleted it/
  ],
  ['deleted by somebody, not wanted: forget', { applied: [applied(['10.0.0.1'])] }, 'recordset-delete', /forgetting/],
  [
    'in ERROR',
    {
      claims: [claim('10.0.0.1')],
      at: at([recordset(['10.0.0.1'], { status: 'ERROR' })]),
      applied: [applied(['10.0.0.1'])]
    },
    'recordset-set',
    /in ERROR: written again/
  ],
  [
    'somebody else’s',
    { claims: [claim('10.0.0.1')], at: at([recordset(['10.0.0.9'], { description: null })]) },
    null,
    /no mark of ours/
  ],
  [
    'somebody else’s of another type',
    { claims: [claim('10.0.0.1')], at: at([recordset(['x.example.'], { type: 'CNAME', description: null })]) },
    null,
    /no mark of ours/
  ],
  [
    'another installation’s',
    { claims: [claim('10.0.0.1')], at: at([recordset(['10.0.0.1'], { description: 'stackreflex you' })]) },
    null,
    /another installation \(stackreflex you\)/
  ],
  [
    'marked but not remembered',
    { claims: [claim('10.0.0.1')], at: at([recordset(['10.0.0.1'])]) },
    null,
    /this journal did not write it/
  ],
  [
    'edited',
    { claims: [claim('10.0.0.1')], at: at([recordset(['10.0.0.9'])]), applied: [applied(['10.0.0.1'])] },
    null,
    /edited by somebody else/
  ],
  [
    'external-dns',
    {
      claims: [claim('10.0.0.1')],
      at: at([
        recordset(['"heritage=external-dns,external-dns/owner=k8s"'], {
          type: 'TXT',
          name: `a-${name}`,
          description: null
        })
      ])
    },
    null,
    /belongs to external-dns \(owner k8s/
  ],
  [
    'no zone',
    { claims: [claim('10.0.0.1')], at: at([], { zone: null }) },
    null,
    /no zone that covers it; zones are never created/
  ],
  [
    'quota kept free',
    { claims: [claim('10.0.0.1')], at: at([], { count: 450 }) },
    null,
    /450 of 500 recordsets and settings\.keepFree leaves 50/
  ],
  ['quota just enough', { claims: [claim('10.0.0.1')], at: at([], { count: 449 }) }, 'recordset-set', /is missing/],
  [
    'ERROR keeps what it had',
    {
      claims: [claim('10.0.0.1', { keepOnly: true })],
      at: at([recordset(['10.0.0.1'])]),
      applied: [applied(['10.0.0.1'])]
    },
    null,
    /is in order/
  ],
  [
    'ERROR gets nothing new',
    { claims: [claim('10.0.0.1', { keepOnly: true })] },
    null,
    /nothing is wanted, nothing is there/
  ]
]
for (const [title, subject, type, finding] of cases)
  t.test(title, async (t) => {
    const outcome = decide(subject)
    t.equal(outcome.step?.type ?? null, type)
    t.match(outcome.finding, finding)
  })

t.test('whatever is there: what is not ours is never touched, and what is wanted is never deleted', async (t) => {
  const address = fc.integer({ min: 1, max: 4 }).map((n) => `10.0.0.${n}`)
  const addresses = fc.uniqueArray(address, { maxLength: 3 })
  fc.assert(
    fc.property(
      addresses,
      fc.option(
        fc.record({
          records: fc.uniqueArray(address, { minLength: 1, maxLength: 3 }),
          description: fc.constantFrom('stackreflex me', 'stackreflex you', 'by hand', null)
        })
      ),
      fc.option(fc.uniqueArray(address, { minLength: 1, maxLength: 3 })),
      fc.constantFrom('gone' as const, 'present' as const, 'unknown' as const),
      (wanted, there, remembered, status) => {
        const outcome = decide({
          claims: wanted.map((one) => claim(one)),
          at: at(there === null ? [] : [recordset(there.records, { description: there.description })]),
          applied: remembered === null ? [] : [applied(remembered)],
          resources: [read(web, status)]
        })
        const ours =
          there !== null &&
          there.description === 'stackreflex me' &&
          remembered !== null &&
          [...there.records].sort().join() === [...remembered].sort().join()
        if (there !== null && !ours) return outcome.step === null
        if (outcome.step?.type === 'recordset-delete') return wanted.length === 0 && status !== 'unknown'
        if (outcome.step?.type === 'recordset-set')
          return (
            JSON.stringify((outcome.step.input as { records: string[] }).records) === JSON.stringify([...wanted].sort())
          )
        return outcome.finding.length > 0
      }
    ),
    { numRuns: 2000 }
  )
  t.pass('2,000 worlds')
})
