import t from 'tap'
import type { Result } from '../../src/core/action.ts'
import { cleanResult, endOfAttempt, stepAfter, undoneBy } from '../../src/core/attempt.ts'

const now = 1000
const applied = { target: 't', scope: 's', value: 1 }
const inverse = { type: 'put', risk: 'update', input: {} } as const
const changed: Result = { outcome: 'changed', applied, note: 'put', requestId: 'req-1', inverse }
const unchanged: Result = { outcome: 'unchanged', applied, note: 'is so' }
const retry = (more: object): Result => ({ outcome: 'retry', reason: 'later', afterMs: null, called: false, ...more })
const stale: Result = { outcome: 'stale', reason: 'another one' }
const failed: Result = { outcome: 'failed', reason: 'broken', called: true }

t.test('what a result makes of its step', async (t) => {
  for (const [result, retryAt, after] of [
    [changed, null, { state: 'done', applied, inverse, changed: true }],
    [unchanged, null, { state: 'done', applied, inverse: null, changed: false }],
    [retry({}), 5000, { state: 'ready', due: 5000, applied: null, reason: 'later' }],
    [retry({}), null, { state: 'ready', due: now, applied: null, reason: 'later' }],
    [retry({ applied }), 5000, { state: 'ready', due: 5000, applied, reason: 'later' }],
    [stale, null, { state: 'stale', reason: 'another one' }],
    [failed, null, { state: 'failed', reason: 'broken' }]
  ] as const)
    t.same(stepAfter(result, retryAt, now), after)
})

t.test('how an attempt ended, and whether it may have changed anything', async (t) => {
  for (const [result, ended] of [
    [changed, { outcome: 'changed', note: 'put', called: true, requestId: 'req-1' }],
    [unchanged, { outcome: 'unchanged', note: 'is so', called: false, requestId: null }],
    [retry({}), { outcome: 'retry', note: 'later', called: false, requestId: null }],
    [
      retry({ called: true, requestId: 'req-2' }),
      { outcome: 'retry', note: 'later', called: true, requestId: 'req-2' }
    ],
    [stale, { outcome: 'stale', note: 'another one', called: false, requestId: null }],
    [failed, { outcome: 'failed', note: 'broken', called: true, requestId: null }]
  ] as const)
    t.same(endOfAttempt(result, true), ended)
  t.same(endOfAttempt(changed, false), {
    outcome: 'superseded',
    note: 'came too late: changed: put',
    called: true,
    requestId: 'req-1'
  })
})

t.test('what services say is cleaned, and may be long', async (t) => {
  t.match(cleanResult({ ...failed, reason: 'a\u0000b' }), { reason: 'a b' })
  const long = cleanResult({ ...stale, reason: 'x'.repeat(5000) })
  t.match(long, { reason: /^x{4000} … \(cut: it was 5000 characters\)$/ })
  t.match(cleanResult({ ...unchanged, note: 'x'.repeat(3000) }), { note: 'x'.repeat(3000) })
})

t.test('who undid something', async (t) => {
  t.equal(undoneBy(['alice', 'bob'], 'a1'), 'alice and bob undid what was done there (action a1)')
  t.equal(undoneBy([], 'a1'), 'a person undid what was done there (action a1)')
})
