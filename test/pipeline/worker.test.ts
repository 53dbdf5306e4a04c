import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createHeartbeats, heartbeatChecks } from '../../src/base/heartbeats.ts'
import { createLog } from '../../src/base/log.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { startWorker, type WorkerOptions } from '../../src/pipeline/worker.ts'

/** A worker on a journal that only counts what it is asked. */
function counting(options: Partial<WorkerOptions>, journal: object = {}) {
  const asked: Record<string, number> = {}
  const count = (name: string, answer: unknown) => () => {
    asked[name] = (asked[name] ?? 0) + 1
    return Promise.resolve(answer)
  }
  const calls = {
    nextDue: count('nextDue', Date.now() - 1000),
    claimLane: count('claimLane', null),
    claimAction: count('claimAction', null),
    ...journal
  }
  const log = createLog({ level: 'silent' })
  const parts = { journal: calls, log, now: Date.now, policies: [], deletes: { windowMs: 1 } } as unknown as Parts
  const worker = startWorker(() => parts, {
    decide: true,
    act: true,
    schedule: false,
    decisionsAtOnce: 2,
    actionsAtOnce: 2,
    sweepEveryMs: () => 1e6,
    sweepAtStart: false,
    keepMs: 1,
    keepIdsMs: 1,
    swept: () => {},
    ...options
  })
  return { worker, asked }
}

t.test('work that is due but is another process’s is looked at now and then, not all the time', async (t) => {
  const { worker, asked } = counting({})
  await sleep(500)
  await worker.close(1000)
  t.ok(asked.claimLane! >= 2, `looked ${asked.claimLane} times`)
  t.ok(asked.claimLane! <= 30, `and no more than every 50 ms or so: ${asked.claimLane}`)
})

t.test('a process that neither decides nor acts leaves the journal alone', async (t) => {
  const { worker, asked } = counting({ decide: false, act: false })
  for (let i = 0; i < 20; i++) worker.wake()
  await sleep(200)
  await worker.close(1000)
  t.same(asked, {})
})

t.test('a journal that fails is tried again, and close() waits for what is under way', async (t) => {
  let claims = 0
  let finished = false
  const { worker } = counting(
    { act: false, decisionsAtOnce: 1 },
    {
      claimLane: async () => {
        claims++
        if (claims === 1) throw new Error('disk full')
        await sleep(300)
        finished = true
        return null
      }
    }
  )
  await sleep(150)
  await worker.close(5000)
  t.equal(claims, 2)
  t.ok(finished)
})

t.test('a stage that only throws is named as dead; the other one is not', async (t) => {
  const beats = createHeartbeats(Date.now)
  const { worker } = counting({ beats }, { claimLane: () => Promise.reject(new Error('row 7 cannot be read')) })
  const dead = () => beats.stages().filter((one) => one.dead !== null)
  for (let n = 0; dead().length === 0 && n < 1000; n++) await sleep(10)
  await worker.close(1000)
  t.match(dead(), [{ stage: 'decide', dead: /times in a row.*row 7 cannot be read/ }])
  t.same(
    beats
      .stages()
      .map(({ stage }) => stage)
      .sort(),
    ['act', 'decide', 'timers']
  )
  t.match(heartbeatChecks(beats.stages()), [{ name: 'stage decide', level: 'failure' }])
})

t.test('sleeping until something is due is a stage too, and so is each job of the timers', async (t) => {
  const beats = createHeartbeats(Date.now)
  const { worker } = counting({ beats, schedule: true }, { nextDue: () => Promise.reject(new Error('disk full')) })
  const failures = () => beats.stages().find(({ stage }) => stage === 'timers')?.failures ?? 0
  for (let n = 0; failures() < 1 && n < 1000; n++) await sleep(10)
  await worker.close(1000)
  t.ok(failures() >= 1)
  t.same(
    beats
      .stages()
      .map(({ stage }) => stage)
      .sort(),
    ['act', 'decide', 'drift', 'prune', 'sweeps', 'timers']
  )
})
