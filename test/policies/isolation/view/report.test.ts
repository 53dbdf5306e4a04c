import t from 'tap'
import { layers } from '../../../../src/core/breach.ts'
import { findingRows, matrixRows } from '../../../../src/policies/isolation/view/render.ts'
import {
  breachStates,
  inStates,
  isolationReport,
  ofCluster,
  placesOf
} from '../../../../src/policies/isolation/view/report.ts'
import type { BreachRow } from '../../../../src/store/policy-rows.ts'
import { row } from './breaches.ts'

const clusters = ['dev', 'prod', 'infra']
const states = (rows: readonly BreachRow[], held: Parameters<typeof isolationReport>[2] = []) =>
  Object.fromEntries(
    [...isolationReport(rows, clusters, held).findings, ...isolationReport(rows, clusters, held).history].map((one) => [
      one.id,
      one.state
    ])
  )

t.test('the state that people see', async (t) => {
  const held = (key: string, rule: string | null) => ({ policy: 'isolation', key, held: rule, heldUntil: 7 })
  const rows = [
    row(1),
    row(2, { state: 'closing' }),
    row(3, { state: 'closing', lane: 'h' }),
    row(4, { state: 'open', lane: 'h' }),
    row(5, { state: 'exempt', lane: 'h' }),
    row(6, { state: 'noticed', lane: 'h' }),
    row(7, { state: 'closing', lane: 'h', ended: 9 }),
    row(8, { state: 'closing', lane: 'not-any-more' })
  ]
  t.strictSame(states(rows, [held('h', 'window'), held('not-any-more', null)]), {
    1: 'open',
    2: 'closing',
    3: 'held',
    4: 'held',
    5: 'exempt',
    6: 'noticed',
    7: 'fixed',
    8: 'closing'
  })
  const { findings } = isolationReport(rows, clusters, [held('h', 'window')])
  t.strictSame(findings.find(({ id }) => id === 3)!.held, { rule: 'window', until: 7 })
  t.equal(findings.find(({ id }) => id === 5)!.held, null, 'nobody wants to close it: nothing is held')
})

t.test('the matrix counts by cluster, cluster and layer; what is exempt is not the worst', async (t) => {
  const report = isolationReport(
    [
      row(1, { severity: 'low' }),
      row(2, { severity: 'critical', state: 'exempt' }),
      row(3, { severity: 'medium', state: 'noticed' }),
      row(4, { layer: 'storage', state: 'exempt' }),
      row(5, { from: 'prod', to: '*', severity: 'critical' }),
      row(6, { from: 'prod', to: 'outside' }),
      row(7, { ended: 8 })
    ],
    clusters
  )
  t.same(report.layers, layers)
  t.same(
    new Map(report.matrix.map(({ from, to, layer, counts, worst }) => [`${from} ${to} ${layer}`, { counts, worst }])),
    new Map<string, object>([
      ['dev prod network', { counts: { noticed: 1, open: 1, exempt: 1 }, worst: 'medium' }],
      ['dev prod storage', { counts: { exempt: 1 }, worst: null }],
      ['prod * network', { counts: { open: 1 }, worst: 'critical' }],
      ['prod outside network', { counts: { open: 1 }, worst: 'high' }]
    ])
  )
  t.same(placesOf(report), { from: clusters, to: [...clusters, 'outside', '*'] })
  t.same(
    report.findings.map(({ id }) => id),
    [5, 6, 3, 1, 2, 4],
    'worst first, what is exempt last'
  )
  t.same(matrixRows(report), [
    ['FROM \\ TO', 'dev', 'prod', 'infra', 'outside', 'everybody'],
    ['dev', '', 'network 3, storage 1 exempt', '-', '-', '-'],
    ['prod', '-', '', '-', 'network 1', 'network 1'],
    ['infra', '-', '-', '', '-', '-']
  ])
})

t.test('history is what is over, the newest end first; one finding keeps its evidence and decisions', async (t) => {
  const { findings, history } = isolationReport([row(1, { ended: 50 }), row(2, { ended: 90 }), row(3)], clusters)
  t.same(
    history.map(({ id, state }) => [id, state]),
    [
      [2, 'fixed'],
      [1, 'fixed']
    ]
  )
  t.match(findings, [
    {
      since: 3000,
      ended: null,
      userId: 'u-eve',
      requestId: 'req-3',
      evidence: { rbac: 'rbac-1' },
      decisions: { first: 3, last: 4 }
    }
  ])
  t.notOk('policy' in findings[0]!)
})

t.test('less of it: some states, one cluster', async (t) => {
  const report = isolationReport(
    [row(1), row(2, { from: 'infra', to: 'infra', state: 'exempt' }), row(3, { ended: 4 })],
    clusters
  )
  for (const state of breachStates) {
    const { findings, history, matrix } = inStates(report, [state])
    t.ok(
      [...findings, ...history].every((one) => one.state === state),
      state
    )
    t.equal(
      matrix.flatMap(({ counts }) => Object.values(counts)).reduce((all, of) => all + of, 0),
      findings.length
    )
  }
  t.same(
    ofCluster(report, 'infra').findings.map(({ id }) => id),
    [2]
  )
  t.same(
    ofCluster(report, 'prod').findings.map(({ id }) => id),
    [1]
  )
  t.equal(ofCluster(report, 'prod').history.length, 1)
  t.equal(ofCluster(report, 'prod').matrix.length, 1)
})

t.test('as lines', async (t) => {
  const { findings } = isolationReport([row(1, { lane: 'x', userId: null })], clusters, [
    { policy: 'isolation', key: 'x', held: 'approval', heldUntil: null }
  ])
  t.same(findingRows(findings)[1], [
    'high',
    'held (approval)',
    'network',
    'dev',
    'prod',
    '1970-01-01T00:00Z',
    '-',
    'rbac-shared-network',
    "dev's network dev-net is shared with prod (reflex explain decision:2)"
  ])
  t.equal(findingRows(findings)[0]!.length, findingRows(findings)[1]!.length)
})
