import type { Check } from '../../base/check.ts'
import { type SweepReport, startWorker, type Worker } from '../../pipeline/worker.ts'
import type { StartRole } from '../role.ts'

const closeWithinMs = 15_000

/** Starts role schedule: sweeps, drift, pruning, and notifications to Slack's channel. */
export const startSchedule: StartRole = async (parts) => {
  const { config, live, work, bus, beats, clock, metrics, slack: openSlack } = parts
  const slack = await openSlack()
  const sweeps = new Map<string, SweepReport>()
  let worker: Worker | null = null
  let closing = () => {}
  return {
    async run() {
      worker = startWorker(work, {
        decide: false,
        act: false,
        schedule: true,
        decisionsAtOnce: 0,
        actionsAtOnce: 0,
        sweepEveryMs: () => live().config.sweep.everyMs,
        sweepAtStart: config.sweep.atStart,
        keepMs: config.journal.keepMs,
        keepIdsMs: config.journal.keepIdsMs,
        beats,
        clockDoubt: clock.doubt,
        swept: (report) => {
          sweeps.set(report.policy, report)
          metrics.add('sweeps_total', { policy: report.policy, outcome: report.failed === null ? 'done' : 'failed' })
        },
        others: () => bus.wake('decide', 'act')
      })
      closing = bus.subscribe('news', await slack.startNews())
    },
    checks: () => [...sweeps.values()].map(sweepCheck),
    reread: () => void worker?.sweepNow(),
    async close() {
      closing()
      await worker?.close(closeWithinMs)
    }
  }
}

function sweepCheck({ policy, at, read, drifts, failed }: SweepReport): Check {
  const name = `sweep ${policy}`
  const when = new Date(at).toISOString()
  if (failed !== null) return { name, level: 'warning', detail: `at ${when} could not read everything: ${failed}` }
  return { name, level: 'ok', detail: `at ${when}: ${read}; ${drifts} differed` }
}
