import { readdirSync, readFileSync } from 'node:fs'
import { percentile } from './result.ts'
import type { Times } from './soak-callers.ts'

/** What a process is at one moment, and how it answered since the last. */
export interface Look extends Times {
  readonly rssMb: number
  readonly handles: number
  readonly threads: number
  readonly ready: boolean
  readonly events: number
  readonly malformed: number
}

export async function lookAt(pid: number, url: string, times: Times): Promise<Look> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const number = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1])
  const metrics = await (await fetch(new URL('/metrics', url))).text()
  const sum = (name: RegExp) =>
    [...metrics.matchAll(new RegExp(`^stackreflex_${name.source}(?:\\{[^}]*\\})? ([\\d.e+]+)$`, 'gm'))].reduce(
      (all, [, n]) => all + Number(n),
      0
    )
  return {
    ...times,
    rssMb: number('VmRSS') / 1024,
    threads: number('Threads'),
    handles: readdirSync(`/proc/${pid}/fd`).length,
    ready: (await fetch(new URL('/readyz', url))).ok,
    events: sum(/events_total/),
    malformed: sum(/malformed_total/)
  }
}

const median = (all: readonly number[]): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN

/** How much more of it there may be in the last third than in the second: the first is warming up. */
const bounds = [
  { what: 'memory', unit: 'MB', of: (look: Look) => look.rssMb, factor: 1.15, slack: 10 },
  { what: 'handles', unit: '', of: (look: Look) => look.handles, factor: 1.1, slack: 5 },
  { what: '/healthz p99', unit: 'ms', of: (look: Look) => percentile(look.health, 0.99), factor: 2, slack: 10 },
  { what: 'webhooks p99', unit: 'ms', of: (look: Look) => percentile(look.webhooks, 0.99), factor: 2, slack: 20 },
  { what: 'explain p99', unit: 'ms', of: (look: Look) => percentile(look.reads, 0.99), factor: 2, slack: 50 }
] as const

/** Whether it stayed as it was: the last third beside the second, and ready all the time. */
export function verdictOf(looks: readonly Look[]): { readonly sentences: readonly string[]; readonly flat: boolean } {
  const third = Math.floor(looks.length / 3)
  const rows = bounds.map(({ what, unit, of, factor, slack }) => {
    const before = median(looks.slice(third, 2 * third).map(of))
    const after = median(looks.slice(2 * third).map(of))
    const flat = after <= before * factor + slack
    return {
      flat,
      sentence: `${what}: ${before.toFixed(1)} ${unit} in the second third, ${after.toFixed(1)} ${unit} in the last: ${flat ? 'flat' : 'NOT FLAT'}`
    }
  })
  const unready = looks.filter(({ ready }) => !ready).length
  const readiness = `ready at ${looks.length - unready} of ${looks.length} looks`
  return {
    sentences: [...rows.map(({ sentence }) => sentence), readiness],
    flat: unready === 0 && rows.every(({ flat }) => flat)
  }
}
