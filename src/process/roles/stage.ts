import { startWorker, type Worker } from '../../pipeline/worker.ts'
import type { RoleParts, StartedRole } from '../role.ts'

/** Half of them may wait for one cluster. */
const atOnce = { decide: 16, act: 32 } as const
const closeWithinMs = 15_000

/** Starts the workers of one stage, which the bus wakes. */
export function startStage(stage: 'decide' | 'act', { work, config, bus, beats, clock }: RoleParts): StartedRole {
  const other = stage === 'decide' ? 'act' : 'decide'
  let worker: Worker | null = null
  let closing = () => {}
  return {
    run() {
      const started = startWorker(work, {
        decide: stage === 'decide',
        act: stage === 'act',
        schedule: false,
        decisionsAtOnce: atOnce.decide,
        actionsAtOnce: atOnce.act,
        sweepEveryMs: () => Number.POSITIVE_INFINITY,
        sweepAtStart: false,
        keepMs: config.journal.keepMs,
        keepIdsMs: config.journal.keepIdsMs,
        beats,
        clockDoubt: clock.doubt,
        swept: () => {},
        others: () => bus.wake(other)
      })
      worker = started
      closing = bus.subscribe(stage, started.nudge)
    },
    stages: () => worker?.stages().filter((one) => one.stage === stage) ?? [],
    async close() {
      closing()
      await worker?.close(closeWithinMs)
    }
  }
}
