import type { Stop } from './stop.ts'

type Told = Pick<Stop, 'id' | 'cluster' | 'by' | 'reason' | 'memory'> & { readonly at: number | string }

const stopped = (cluster: string | null): string => cluster ?? 'everything'
const utc = (at: number | string): string => new Date(at).toISOString().replace(/(\.\d+)?Z$/, 'Z')

/** Says names what a resume has to name to lift a stop: its cluster, or its number where others of the same cluster are in force beside it. */
export function resumeWord(
  { id, cluster }: Pick<Stop, 'id' | 'cluster'>,
  all: readonly Pick<Stop, 'cluster'>[]
): string {
  return all.filter((one) => one.cluster === cluster).length > 1 ? `stop:${id}` : (cluster ?? 'all')
}

/** Says how a stop is lifted: `\`reflex resume prod\` lifts it`; `command`: how a command is named where it is said. */
export const liftText = (
  stop: Told,
  all: readonly Told[],
  command: (words: string) => string = (words) => `\`reflex ${words}\``
): string => stop.memory ?? `${command(`resume ${resumeWord(stop, all)}`)} lifts it`

/** Renders a stop: `stop 3 of prod, by alice since 2026-03-02T12:00:00Z (odd deletes)` */
export const stopText = ({ id, cluster, by, at, reason }: Told): string =>
  `stop ${id} of ${stopped(cluster)}, by ${by} since ${utc(at)} (${reason})`

/** Renders stops, and how each is lifted: `prod was stopped by alice at … (odd deletes) and by bob at … (an upgrade): …` */
export function stopsText(stops: readonly Told[]): string {
  const told = stops.map((one, n) => {
    const again = stops[n - 1]?.cluster === one.cluster
    return `${again ? '' : `${stopped(one.cluster)} was stopped `}by ${one.by} at ${utc(one.at)} (${one.reason})`
  })
  const held = stops.find(({ memory }) => memory !== undefined)?.memory
  if (held !== undefined) return `${told.join(', and ')}: ${held}`
  const lifts = stops.map((one) => `\`reflex resume ${resumeWord(one, stops)}\``)
  return `${told.join(', and ')}: ${lifts.join(', then ')} ${lifts.length === 1 ? 'goes' : 'go'} on`
}
