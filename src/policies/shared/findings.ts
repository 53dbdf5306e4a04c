import { type Breach, type Severity, severities } from '../../core/breach.ts'
import { policyIn } from '../../core/instance.ts'
import type { Journal } from '../../store/journal.ts'
import type { BreachRow } from '../../store/policy-rows.ts'
import type { LaneRow } from '../../store/rows.ts'

/** held: something would be done about it, and a rule of the guard keeps its lane from acting. fixed: it is over. */
export const breachStates = ['open', 'exempt', 'noticed', 'closing', 'held', 'fixed'] as const
/** The state of a finding. */
export type BreachState = (typeof breachStates)[number]

/** A breach as people see it, of whatever policy. */
export interface Finding extends Omit<Breach, 'state'> {
  readonly id: number
  readonly state: BreachState
  /** The instance of the policy that found it, where there are several. */
  readonly policy?: string
  readonly lane: string
  /** ms since the epoch, when it was first decided on. */
  readonly since: number
  /** ms since the epoch; null: it is there still. */
  readonly ended: number | null
  /** Who made it and by which call, as far as an event said. */
  readonly userId: string | null
  readonly userName: string | null
  readonly requestId: string | null
  /** The rule of the guard that holds its lane, and until when (ms; null: until a person acts); null: nothing holds it. */
  readonly held: { readonly rule: string; readonly until: number | null } | null
  /** The decision that found it, and the newest that did. */
  readonly decisions: { readonly first: number; readonly last: number }
}

/** The same with the policy that found it, as it is called in the configuration. */
export type PolicyFinding = Finding & { readonly policy: string }

/** A lane that the guard holds, as far as a report needs it. */
export type HeldLane = Pick<LaneRow, 'policy' | 'key' | 'held' | 'heldUntil'>

/** Findings, open ones and the history of those that are over. */
export interface Findings<One extends Finding = PolicyFinding> {
  readonly findings: readonly One[]
  readonly history: readonly One[]
}

/** Sorts breaches into what is there, worst first, and what is over, the newest end first; `lanes` are those that the guard holds. */
export function findingsOf(breaches: readonly BreachRow[], lanes: readonly HeldLane[] = []): Findings {
  const holds = new Map(lanes.map((lane) => [`${lane.policy} ${lane.key}`, lane]))
  const all = breaches.map((row) => findingOf(row, holds.get(`${row.policy} ${row.lane}`)))
  return {
    findings: all.filter(({ ended }) => ended === null).sort(worstFirst),
    history: all.filter(({ ended }) => ended !== null).sort((a, b) => b.ended! - a.ended! || b.id - a.id)
  }
}

/** Reads what every policy, or all instances of one, found and what is over, as of the last decisions. */
export async function readFindings(
  journal: Pick<Journal, 'breaches' | 'lanes'>,
  history: number,
  policy?: string
): Promise<Findings> {
  const { rows, held } = await breachRows(journal, history, policy)
  return findingsOf(rows, held)
}

/** More than anybody reads; a first sweep of a large cloud has fewer. */
const most = 5000
const perPage = 500

interface FoundBreaches {
  readonly rows: readonly BreachRow[]
  readonly held: readonly LaneRow[]
}

/** Reads the breaches of all instances of one policy, or of every policy, with so many of what is over. */
export async function breachRows(
  journal: Pick<Journal, 'breaches' | 'lanes'>,
  history: number,
  policy?: string
): Promise<FoundBreaches> {
  const [open, over, held] = await Promise.all([
    pagesOf(journal, true, most, policy),
    pagesOf(journal, false, history, policy),
    journal.lanes({ held: true })
  ])
  return { rows: [...open, ...over], held }
}

/** The newest so many, page after page: those of other policies are no part of the number. */
async function pagesOf(
  journal: Pick<Journal, 'breaches'>,
  open: boolean,
  limit: number,
  policy: string | undefined
): Promise<readonly BreachRow[]> {
  const found: BreachRow[] = []
  let before: number | undefined
  while (found.length < limit) {
    const size = policy === undefined ? limit : perPage
    const page = await journal.breaches({ open, limit: size, ...(before !== undefined && { before }) })
    found.push(...page.filter((row) => policy === undefined || policyIn(row.policy) === policy))
    if (page.length < size) break
    before = page.at(-1)!.id
  }
  return found.slice(0, limit)
}

function findingOf({ first, last, ...row }: BreachRow, lane: HeldLane | undefined): PolicyFinding {
  const rule = row.ended === null && ['open', 'closing'].includes(row.state) ? (lane?.held ?? null) : null
  const state = row.ended !== null ? 'fixed' : rule !== null ? 'held' : row.state
  const held = rule === null ? null : { rule, until: lane?.heldUntil ?? null }
  return { ...row, state, held, decisions: { first, last } }
}

/** Compares for sorting, worst first. */
export const worse = (a: Severity, b: Severity): number => severities.indexOf(b) - severities.indexOf(a)

const worstFirst = (a: Finding, b: Finding) =>
  Number(a.state === 'exempt') - Number(b.state === 'exempt') || worse(a.severity, b.severity) || b.id - a.id
