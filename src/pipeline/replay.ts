import { isDeepStrictEqual } from 'node:util'
import { errorText } from '../base/error-text.ts'
import { planDiff } from '../core/approval.ts'
import { decisionOf, needsOf } from '../core/enabled-policy.ts'
import { policyNamed } from '../core/instance.ts'
import type { Decision, Policy } from '../core/policy.ts'
import type { Json, Query } from '../core/query.ts'
import type { Journal } from '../store/journal.ts'
import type { DecisionRow } from '../store/rows.ts'
import { planHash, sha256Of } from './plan-hash.ts'

/** One part of a decision that differs from what was recorded. */
export interface Difference {
  readonly what: string
  readonly recorded: Json
  readonly now: Json
}

/** Why a decision cannot be replayed. `failed`: deciding itself had. `pruned`: its answers are deleted. `policy`: this build does not have it. */
export type CannotReplay = 'failed' | 'pruned' | 'policy'

/** What came of deciding once more on what was recorded; `build` made the recorded decision. */
export type Replayed = Pick<DecisionRow, 'policy' | 'lane' | 'at' | 'build'> & { readonly decision: number } & (
    | { readonly result: 'identical' }
    | { readonly result: 'differs'; readonly differences: readonly Difference[] }
    | { readonly result: 'cannot'; readonly why: CannotReplay; readonly reason: string }
  )

type Remembered = Pick<Journal, 'answer'>

/** Decides once more on recorded answers, settings and lane: no clock, no cloud, and nothing is written. */
export async function replay(journal: Remembered, policies: readonly Policy[], row: DecisionRow): Promise<Replayed> {
  const { id, policy, lane, at, build } = row
  const about = { decision: id, policy, lane, at, build }
  if (row.outcome === 'failed')
    return { ...about, result: 'cannot', why: 'failed', reason: `deciding itself had failed: ${row.reason}` }
  const found = policyNamed(policies, policy)
  if (found === undefined) {
    const known = policies.map(({ name }) => name).join(', ')
    return { ...about, result: 'cannot', why: 'policy', reason: `this build has no policy ${policy}; it has ${known}` }
  }
  const settings = await journal.answer(row.settings)
  const answers = new Map<string, Json>()
  const missing: string[] = settings === undefined ? ['settings'] : []
  const tampered: Difference[] = []
  if (settings !== undefined) tampered.push(...changedSince('settings', row.settings, settings))
  for (const [name, { sha256 }] of Object.entries(row.answers)) {
    const answer = await journal.answer(sha256)
    if (answer === undefined) missing.push(name)
    else {
      answers.set(name, answer)
      tampered.push(...changedSince(`answer ${name}`, sha256, answer))
    }
  }
  if (missing.length > 0)
    return {
      ...about,
      result: 'cannot',
      why: 'pruned',
      reason: `the journal no longer keeps what it knew: ${missing.join(', ')}`
    }
  const differences = [...tampered, ...decideAgain(found, row, Object.fromEntries(answers), settings!)]
  return differences.length === 0 ? { ...about, result: 'identical' } : { ...about, result: 'differs', differences }
}

const PAGE = 100

/** Replays every recorded decision, newest first; one page of them is in memory at a time. */
export async function* replayAll(
  journal: Remembered & Pick<Journal, 'decisions'>,
  policies: readonly Policy[],
  { since }: { readonly since?: number } = {}
): AsyncGenerator<Replayed> {
  for (let before: number | undefined; ; ) {
    const page = {
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
      ...(since === undefined ? {} : { since })
    }
    const rows = await journal.decisions(page)
    for (const row of rows) yield await replay(journal, policies, row)
    if (rows.length < PAGE) return
    before = rows.at(-1)!.id
  }
}

/** What two decisions about one lane are compared by. */
export type Compared = Pick<DecisionRow, 'answers' | 'mode' | 'outcome' | 'reason' | 'findings' | 'plan' | 'hints'> & {
  readonly settings: Json
}

/** Says how two recorded decisions about one lane differ: what they knew, and what they made of it. */
export function differencesBetween(before: Compared, after: Compared): readonly Difference[] {
  const known = (row: Compared): Json => Object.fromEntries(Object.entries(row.answers).map(([k, v]) => [k, v.sha256]))
  return [
    ...compared('knew', known(before), known(after)),
    ...compared('settings', before.settings, after.settings),
    ...(['mode', 'outcome', 'reason'] as const).flatMap((what) => compared(what, before[what], after[what])),
    ...compared('findings', before.findings, after.findings),
    ...compared('plan', journalled(before.plan), journalled(after.plan)),
    ...compared('hints', hintsOf(before), hintsOf(after))
  ]
}

/** Renders a difference in lines: `- …` as recorded, `+ …` now; of lists, only what one of them has. */
export function differenceLines({ what, recorded, now }: Difference): readonly string[] {
  if (what === 'plan') {
    const lines = planDiff(recorded as never, now as never)
    return lines.length > 0 ? lines : ['  the same steps, in another order or about another cluster, risk or scope']
  }
  const [had, has] = [recorded, now].map(asLines) as [string[], string[]]
  const lines = [
    ...had.filter((one) => !has.includes(one)).map((one) => `- ${one}`),
    ...has.filter((one) => !had.includes(one)).map((one) => `+ ${one}`)
  ]
  return lines.length > 0 ? lines : ['  the same, in another order']
}

function asLines(value: Json): string[] {
  const said = (one: Json | undefined) => (typeof one === 'string' ? one : JSON.stringify(one))
  if (Array.isArray(value)) return value.map(said)
  if (value === null || typeof value !== 'object') return [value === null ? 'none' : String(value)]
  return Object.entries(value).map(([name, one]) => `${name}: ${said(one)}`)
}

/** The bodies are stored by what they say: one that was edited since does not fit its name any more. */
function changedSince(what: string, sha256: string, value: Json): readonly Difference[] {
  return compared(`${what} (by its sha-256: edited in the journal)`, sha256, sha256Of(value))
}

function decideAgain(
  policy: Policy,
  row: DecisionRow,
  answers: Readonly<Record<string, Json>>,
  settings: Json
): readonly Difference[] {
  const settled = { policy, settings }
  const lane = { policy: row.policy, key: row.lane, resources: row.given }
  let decided: Decision
  try {
    const asked = compared('questions', questionsOf(row), journalled(needsOf(settled, lane)))
    // Other questions have no recorded answers to decide on.
    if (asked.length > 0) return asked
    decided = decisionOf(settled, lane, answers)
  } catch (error) {
    return [{ what: 'deciding', recorded: row.outcome, now: `threw: ${errorText(error)}` }]
  }
  const now = asRecorded(decided, row)
  return [
    ...compared('outcome', row.outcome, now.outcome),
    ...compared('reason', row.reason, now.reason),
    ...compared('findings', row.findings, now.findings),
    ...compared('plan', journalled(row.plan), journalled(now.steps)),
    ...compared('hints', hintsOf(row), hintsOf(now)),
    ...compared('resources', row.resources, now.resources),
    // Says also whether the steps depend on each other.
    ...compared('hash', row.hash, now.steps.length === 0 ? null : planHash(row.policy, row.lane, now))
  ]
}

/** Where the policy was off for what it would have changed, only its reason was kept. */
function asRecorded(decided: Decision, { mode, reason }: DecisionRow): Decision {
  if (mode !== 'off' || decided.steps.length === 0) return decided
  const offWhere = reason.slice(0, reason.indexOf(': ') + 2)
  return { ...decided, outcome: 'skip', reason: `${offWhere}${decided.reason}`, steps: [] }
}

function questionsOf({ answers }: DecisionRow): Json {
  return journalled(
    Object.fromEntries(Object.entries(answers).map(([name, { query }]): [string, Query] => [name, query]))
  )
}

const hintsOf = ({ hints }: Pick<Decision, 'hints'> | Pick<DecisionRow, 'hints'>): Json =>
  hints.map(({ lane, reason }) => ({ lane, reason }))

/** As it is once it went through the journal: without what is undefined. */
const journalled = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

const compared = (what: string, recorded: Json, now: Json): readonly Difference[] =>
  isDeepStrictEqual(recorded, now) ? [] : [{ what, recorded, now }]
