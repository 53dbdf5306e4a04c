import { nearest } from '../base/nearest.ts'
import { endOf } from '../core/until.ts'
import { elapsed, isTimeZone, recurrenceMistake, wallTime } from './calendar.ts'
import type { Path } from './document.ts'
import type { KnownPolicy, WrittenConfig } from './schema.ts'
import { resolveSecret, type SecretSources } from './values.ts'

/** What a cross check reads, and how it reports a mistake. */
export interface GuardCheck {
  readonly written: WrittenConfig
  readonly policies: readonly KnownPolicy[]
  readonly sources: SecretSources | null
  readonly valid: (path: Path) => boolean
  readonly wrong: (path: Path, value: unknown, message: string, allowed?: string | null) => void
}

/** Windows, limits, approvals, tokens and placement: what the schema cannot see. */
export function guardChecks(check: GuardCheck): void {
  const { written, valid, policies } = check
  const clusters = valid(['clusters']) || isMap(written.clusters) ? Object.keys(written.clusters) : []
  const names = {
    policy: [...policies.map((one) => one.name), ...alwaysThere],
    cluster: clusters,
    action: actionsOf(policies)
  }
  const known = (path: Path, value: unknown, kind: keyof typeof names) => {
    if (!valid(path) || typeof value !== 'string' || names[kind] === null || names[kind].includes(value)) return
    const meant = nearest(value, names[kind])
    const message = `is no ${kind}${meant === null ? '' : `, did you mean '${meant}'?`}`
    check.wrong(path, value, message, names[kind].join(', ') || 'none')
  }

  for (const cluster of clusters) calendarChecks(check, cluster, known)

  const matches = (at: Path, match: Partial<Record<keyof typeof names, string>>) => {
    for (const kind of ['policy', 'cluster', 'action'] as const) known([...at, kind], match[kind], kind)
  }
  const budgets = listed(['limits', 'budgets'], written.limits?.budgets)
  once(check, budgets, 'deletes')
  for (const [path, budget] of budgets) {
    matches(path, budget)
    if (!valid([...path, 'most']) || !valid([...path, 'share']) || !valid([...path, 'from'])) continue
    const { most, share, from } = budget
    const allowed = 'either most, or share and from'
    if (most === undefined && share === undefined) check.wrong(path, undefined, 'has no limit', allowed)
    else if (most !== undefined && (share !== undefined || from !== undefined))
      check.wrong(path, undefined, 'has two limits', allowed)
    else if (most === undefined && from === undefined)
      check.wrong(path, undefined, 'does not say from how many on', allowed)
  }
  const coolDowns = listed(['limits', 'coolDowns'], written.limits?.coolDowns)
  once(check, coolDowns)
  for (const [path, coolDown] of coolDowns) matches(path, coolDown)

  for (const { name } of policies)
    for (const cluster of Object.keys((valid(['policies', name]) && written.policies[name]?.clusters) || {}))
      known(['policies', name, 'clusters', cluster], cluster, 'cluster')
  if (isMap(written.placement))
    for (const [service, places] of Object.entries(written.placement))
      if (Array.isArray(places))
        for (const [i, place] of places.entries()) known(['placement', service, i], place, 'cluster')

  tokenChecks(check)
}

type Known = (path: Path, value: unknown, kind: 'policy' | 'cluster' | 'action') => void

function calendarChecks(check: GuardCheck, cluster: string, known: Known): void {
  const { written, valid, wrong } = check
  const here: Path = ['clusters', cluster]
  const { timeZone = 'UTC', windows, freezes } = written.clusters[cluster] ?? {}
  const zone = valid([...here, 'timeZone']) && typeof timeZone === 'string'
  const zoneKnown = zone && isTimeZone(timeZone)
  if (zone && !zoneKnown)
    wrong([...here, 'timeZone'], timeZone, 'is no time zone', 'an IANA name such as Europe/Berlin, or UTC')

  const times = (path: Path, { from, repeat }: { from?: string; repeat?: string }) => {
    if (from === undefined || !valid([...path, 'from'])) return
    if (wallTime(from) === null)
      wrong([...path, 'from'], from, 'is no day or time', 'a local time such as 2026-01-06T22:00')
    else if (repeat !== undefined && valid([...path, 'repeat'])) {
      const mistake = recurrenceMistake(repeat, from)
      if (mistake !== null) wrong([...path, 'repeat'], repeat, mistake, 'an RFC 5545 recurrence rule by day or longer')
    }
  }

  const open = listed([...here, 'windows'], windows)
  once(check, open)
  for (const [path, window] of open) {
    for (const [i, policy] of (Array.isArray(window.policies) ? window.policies : []).entries())
      known([...path, 'policies', i], policy, 'policy')
    const allowed = 'either always: true, or from and for, with repeat if it does'
    if (!valid([...path, 'always'])) continue
    if (window.always === true) {
      for (const key of ['from', 'for', 'repeat'] as const)
        if (window[key] !== undefined)
          wrong([...path, key], window[key], 'has no meaning where it is always open', allowed)
    } else {
      for (const key of ['from', 'for'] as const)
        if (window[key] === undefined) wrong([...path, key], undefined, 'is missing', allowed)
      times(path, window as { from?: string; repeat?: string })
    }
  }

  const shut = listed([...here, 'freezes'], freezes)
  once(check, shut)
  for (const [path, freeze] of shut) {
    times(path, freeze as { from?: string; repeat?: string })
    if (!valid([...path, 'for']) || !valid([...path, 'until']) || !valid([...path, 'from'])) continue
    const { until } = freeze
    if ((until === undefined) === (freeze.for === undefined)) {
      wrong(path, undefined, until === undefined ? 'has no end' : 'has two ends', 'either for or until')
    } else if (until !== undefined) {
      const [start, end] = [wallTime(freeze.from), wallTime(until)]
      if (end === null) wrong([...path, 'until'], until, 'is no day or time', 'a local time such as 2027-01-07T00:00')
      else if (start !== null && zoneKnown && elapsed(timeZone, start, end) <= 0)
        wrong([...path, 'until'], until, 'is not after from', `a local time after ${freeze.from}`)
    }
  }
}

const HASH = /^[0-9a-f]{64}$/

function tokenChecks(check: GuardCheck): void {
  const { written, valid, wrong, sources } = check
  const tokens = listed(['tokens'], written.tokens)
  const seen = new Map<string, number>()
  for (const [path, token] of tokens) {
    const at = [...path, 'sha256']
    if (!valid(at) || token.sha256 === undefined) continue
    if (typeof token.sha256 !== 'string' && sources === null) continue
    const secret = resolveSecret(token.sha256, sources ?? { env: {}, readFile: () => '' })
    if (!secret.ok) {
      wrong([...at, secret.at], undefined, secret.message)
      continue
    }
    if (valid([...path, 'expires']) && token.expires !== undefined && Number.isNaN(endOf(token.expires)))
      wrong([...path, 'expires'], token.expires, 'is in no calendar', 'a day such as 2027-12-31')
    if (!HASH.test(secret.value)) wrong(at, undefined, 'is no SHA-256', '64 digits 0-9 a-f')
    const other = seen.get(secret.value)
    if (other !== undefined) wrong(at, undefined, `is the same as that of tokens[${other}]`, 'a token for each')
    seen.set(secret.value, other ?? (path[1] as number))
  }

  if (tokens.length === 0 || !valid(['tokens']) || !valid(['slack']) || !valid(['approvals'])) return
  for (const [tier, { required, groups }] of Object.entries(written.approvals.tiers)) {
    // Then nobody may, which is a warning of its own.
    if (groups.length === 0) continue
    const known = [
      ...written.tokens.filter(({ role }) => role !== 'read'),
      ...Object.values(written.slack?.users ?? {})
    ]
    const people = new Set(
      known.filter((one) => one.groups.some((group) => groups.includes(group))).map(({ actor }) => actor)
    )
    // Who is in a user group of Slack is not written here.
    const through = Object.values(written.slack?.userGroups ?? {})
    if (through.some((got) => got.some((group) => groups.includes(group)))) continue
    if (people.size >= required) continue
    const who = `with a token (or in slack.users) are in ${groups.join(', ')}`
    wrong(
      ['approvals', 'tiers', tier, 'required'],
      required,
      `could never be reached: ${people.size} people ${who}`,
      people.size === 0 ? 'groups that somebody with a token is in' : `1 to ${people.size}, or more people under tokens`
    )
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The maps of a list, each with its path, also where the schema found some of them wrong. */
function listed<One>(path: Path, list: readonly One[] | undefined): readonly (readonly [Path, One])[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((one, i) => (isMap(one) ? [[[...path, i], one as One] as const] : []))
}

function once(check: GuardCheck, list: readonly (readonly [Path, { readonly name: string }])[], taken?: string): void {
  const seen = new Set(taken === undefined ? [] : [taken])
  for (const [path, { name }] of list) {
    if (check.valid([...path, 'name']) && seen.has(name))
      check.wrong([...path, 'name'], name, 'is taken', 'a name that is used once')
    seen.add(name)
  }
}

/** Policies that nobody configures, and that windows and limits may name all the same: people ask for what they do. */
const alwaysThere = ['undo']

/** null: some policy does not say what it does, and nothing can be said about names of actions. */
const actionsOf = (policies: readonly KnownPolicy[]): readonly string[] | null =>
  policies.every((one) => one.actions !== undefined) ? policies.flatMap((one) => one.actions ?? []) : null
