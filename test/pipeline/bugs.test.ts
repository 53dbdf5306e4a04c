import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { createLog } from '../../src/base/log.ts'
import { planSteps as acting, type Decision, type Policy, skip } from '../../src/core/policy.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { act, decide, receive } from '../../src/pipeline/pipeline.ts'
import type { Journal } from '../../src/store/journal.ts'
import { JournalError } from '../../src/store/journal-error.ts'
import { openJournal } from '../../src/store/open.ts'
import { event, open, step } from '../contract/journal-facts.ts'

/** A pipeline whose only policy decides as the test says, on a real journal with some of its methods replaced. */
async function pipeline(t: Test, decided: (key: string) => Decision, more: Partial<Policy> = {}) {
  const journal = await openJournal({ path: join(t.testdir(), 'journal.db') })
  t.teardown(() => journal.close())
  const policy = {
    ...{ name: 'p', quietMs: 0, maxMs: 0, sweep: null, needs: () => ({}) },
    lanes: ({ subject }: { subject: string }) => [subject],
    decide: ({ key }: { key: string }) => decided(key),
    ...more
  }
  let performed = 0
  const say = {
    type: 'say',
    perform: async () => {
      performed++
      return { outcome: 'unchanged', applied: { target: 'x', scope: 'y', value: 1 }, note: 'was so' }
    }
  }
  const parts = (changed: Partial<Journal> = {}) =>
    ({
      ...{ journal: { ...journal, ...changed }, policies: [{ policy, settings: {}, mode: 'enforce', clusters: {} }] },
      ...{
        actions: [say],
        tools: {},
        load: async () => null,
        guard: open,
        approvalMs: 1000,
        requestersOf: () => [],
        fourEyes: () => true
      },
      ...{ owner: 'w', build: 'b', installId: 'i', now: Date.now, random: () => 0, sleep: async () => {} },
      ...{ log: createLog({ level: 'silent' }), counted: () => {} }
    }) as unknown as Parts
  const take = (...subjects: string[]) =>
    receive(parts(), {
      events: subjects.map((subject) => event(subject, { subject, time: new Date().toISOString() })),
      ignored: []
    })
  return { journal, parts, take, performed: () => performed }
}

t.test('a policy that throws at an event loses neither the event nor its neighbours', async (t) => {
  const lanes = ({ subject }: { subject: string | null }) => {
    if (subject === 'bad') throw new TypeError('subject is not what I thought')
    return [subject!]
  }
  const { journal, take } = await pipeline(t, () => skip('fine'), { lanes: lanes as never })
  t.match(await take('bad', 'good'), { appended: 2, woke: 1 })
  t.equal((await journal.event('bad'))?.reason, 'p: a bug, please report this: subject is not what I thought')
})

t.test('a decision that cannot be written parks its lane, and the next one is decided', async (t) => {
  const odd = (key: string) => skip(key === 'odd' ? (undefined as never) : 'fine')
  const { journal, parts, take } = await pipeline(t, odd)
  await take('odd', 'good')
  t.equal(await decide(parts()), true)
  t.equal(await decide(parts()), true)
  t.equal(await decide(parts()), false)
  t.match(await journal.lanes({ key: 'odd' }), [{ parked: /^what p decided could not be written: .*cannot be bound/ }])
  t.match(await journal.decisions({ limit: 1, lane: 'good' }), [{ reason: 'fine' }])
})

t.test('a journal that takes nothing parks nothing: the stage fails, and says so', async (t) => {
  const { journal, parts, take } = await pipeline(t, () => skip('fine'))
  await take('good')
  const full = { recordDecision: () => Promise.reject(new JournalError('the disk is full')) }
  await t.rejects(decide(parts(full)), /the disk is full/)
  t.match(await journal.lanes({ key: 'good' }), [{ parked: null, pending: 1 }])
})

t.test('an attempt that cannot be written ends as failed: it is not performed again for ever', async (t) => {
  const { journal, parts, take, performed } = await pipeline(t, () => acting('x', [step('x')]))
  await take('one')
  await decide(parts())
  const broken: Journal['recordAttempt'] = (action, result, at) =>
    result.outcome === 'failed'
      ? journal.recordAttempt(action, result, at)
      : Promise.reject(new Error('NOT NULL failed'))
  t.equal(await act(parts({ recordAttempt: broken })), true)
  t.equal(await act(parts()), false)
  t.equal(performed(), 1)
  const [one] = await journal.actions({ limit: 1 })
  t.match(one, { state: 'failed', reason: 'what came of it (unchanged) could not be written: NOT NULL failed' })
})
