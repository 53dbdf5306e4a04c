import { plain } from '../../base/plain.ts'
import { comesOf, notYet, type Shown } from './decided.ts'

/** What came of a request for quota, or of its end. */
export interface QuotaOutcome {
  readonly request: number
  /** null: nothing was decided in time. */
  readonly decision: Shown | null
}

/** Renders a request for quota: `16 cores for prod`, and that it is for good where no time was said. */
export const quotaWish = (amount: number, resource: string, cluster: string, forMs: number | null): string =>
  `${amount} ${plain(resource)} for ${plain(cluster)}${forMs === null ? ', for good' : ''}`

/** Renders the answer to a quota request: `request 3 (16 cores for prod): decided (decision 812): 2 steps go` */
export function quotaSaid({ request, decision }: QuotaOutcome, what: string): string {
  const about = `request ${request} (${what})`
  if (decision === null) return `${about}: asked for; ${notYet}`
  const { id, outcome } = decision
  if (outcome === 'skip' && waitsFor(request, decision).length > 0)
    return `${about}: decided (decision ${id}): nothing of it can be moved now; it is tried again by itself`
  return `${about}: decided (decision ${id}): ${comesOf(decision)}`
}

/** Lists what is moved, what of the request has to wait and why, and how to go on; a line each. `lasting`: it has no end. */
export function quotaMore({ request, decision }: QuotaOutcome, lasting = false): readonly string[] {
  const end = lasting
    ? [`no time was said, so it is for good: \`reflex quota release ${request}\` ends it, \`for 4h\` asks for a time`]
    : []
  if (decision === null) return [...end, `\`reflex quota release ${request}\` takes it back`]
  const { id, outcome, reason } = decision
  const waits = waitsFor(request, decision)
  return [
    ...(outcome === 'act' ? [plain(reason)] : []),
    ...waits.map(plain),
    ...(waits.length === 0 ? [] : [`\`reflex quota release ${request}\` takes back what is asked for`]),
    ...end,
    `\`reflex explain decision:${id}\` tells why, \`reflex quota\` shows how it goes`
  ]
}

const waitsFor = (request: number, { findings }: Shown): readonly string[] =>
  findings.filter((finding) => finding.startsWith(`request ${request}: `))

/** Tells whether it was turned down: by the guard, or because it could not be decided. */
export const isRefused = ({ decision }: QuotaOutcome): boolean =>
  decision !== null && (decision.outcome === 'failed' || decision.verdict?.verdict === 'refuse')
