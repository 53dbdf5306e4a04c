import { liftText, stopText } from '../../core/stop-text.ts'
import type { Status } from '../operations.ts'
import type { Voice } from './voice.ts'

type Told = Pick<Status, 'stops'> & {
  readonly held: readonly Pick<Status['held'][number], 'held'>[]
  readonly parked: readonly unknown[]
  readonly approvals: readonly unknown[]
}

/** Renders what is stopped, held or parked, and what waits for people, as rows of a table. */
export const statusRows = ({ stops, held, parked, approvals }: Told, voice: Voice): readonly (readonly string[])[] => [
  ...rowsOf('stopped', stops.length === 0 ? ['nothing'] : stops.map((one) => stopLine(one, stops, voice))),
  ...rowsOf('held', [heldLine(held)]),
  ...rowsOf('parked', [parked.length === 0 ? 'no lane' : `${lanes(parked.length)}: ${voice.onCommandLine('parked')}`]),
  ...rowsOf('approvals', [
    approvals.length === 0 ? 'none is waited for' : `${approvals.length} waited for: ${voice.command('approvals')}`
  ])
]

/** Renders lines under one heading. */
export const rowsOf = (name: string, lines: readonly string[]): readonly (readonly string[])[] =>
  lines.map((line, n) => [n === 0 ? name : '', line])

const stopLine = (stop: Status['stops'][number], all: Status['stops'], voice: Voice): string =>
  `${stopText(stop)}: ${liftText(stop, all, voice.command)}`

const lanes = (count: number): string => (count === 1 ? '1 lane' : `${count} lanes`)

/** `3 lanes: 2 by stop, 1 by window` */
function heldLine(held: Told['held']): string {
  if (held.length === 0) return 'no lane'
  const rules = Object.entries(Object.groupBy(held, (lane) => lane.held ?? 'a rule'))
  const counts = rules.map(([rule, of = []]) => ({ rule, count: of.length })).sort((a, b) => b.count - a.count)
  return `${lanes(held.length)}: ${counts.map(({ rule, count }) => `${count} by ${rule}`).join(', ')}`
}
