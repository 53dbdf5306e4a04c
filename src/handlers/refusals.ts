import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'

/** Who was refused, where and why, as a line of the log has it. */
export interface Refused {
  /** A word of few values, for the metric. */
  readonly reason: string
  readonly sentence: string
  readonly from: string | undefined
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Counts every refusal, and says the first of each kind in a minute: whoever tries a thousand times fills no disk. */
export interface Refusals {
  note(refused: Refused): void
  /** Says how many more there were, and begins a new minute. */
  flush(): void
  close(): void
}

const minuteMs = 60_000
/** Lines of one minute, whatever the number of addresses. */
const mostLines = 20

/** Makes the counters and the rate-limited log of refusals. */
export function createRefusals(log: Pick<Log, 'warn'>, metrics: Pick<Metrics, 'add'>): Refusals {
  const said = new Map<string, { refused: Refused; more: number }>()
  let unsaid = 0
  const flush = () => {
    for (const { refused, more } of said.values())
      if (more > 0)
        log.warn(
          { from: refused.from, times: more },
          `${refused.sentence} (${more} more times since then; stackreflex_refused_total counts all)`
        )
    if (unsaid > 0)
      log.warn({ times: unsaid }, `refused ${unsaid} more times, from other addresses or for other reasons`)
    said.clear()
    unsaid = 0
  }
  const timer = setInterval(flush, minuteMs).unref()
  return {
    note(refused) {
      metrics.add('refused_total', { reason: refused.reason })
      const key = `${refused.from} ${refused.sentence}`
      const before = said.get(key)
      if (before !== undefined) before.more++
      else if (said.size >= mostLines) unsaid++
      else {
        said.set(key, { refused, more: 0 })
        log.warn({ from: refused.from, ...refused.fields }, refused.sentence)
      }
    },
    flush,
    close() {
      clearInterval(timer)
      flush()
    }
  }
}
