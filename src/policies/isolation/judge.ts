import type { Severity } from '../../core/breach.ts'
import type { Mode } from '../../core/policy.ts'
import { crossed } from './crossing.ts'
import type { Subject } from './questions/subjects.ts'
import type { AnyRule, Fact, Rule } from './rule.ts'
import { rules } from './rules/index.ts'
import type { World } from './world.ts'

/** A fact that nothing allows, with the rule as the configuration has it. */
export interface RuleFinding {
  readonly rule: AnyRule
  readonly fact: Fact
  readonly severity: Severity
  /** null: the configuration says nothing, and the rule's own holds. */
  readonly mode: Mode | null
}

/** The result of judging a subject by all rules of its kind, with notes on what may cross. */
export interface Judged {
  /** In the order of their rules' names and details, whatever order the services listed things in. */
  readonly found: readonly RuleFinding[]
  /** What may cross, as sentences, and conditions that failed. */
  readonly notes: readonly string[]
}

/** Judges a subject by every rule of its kind: the one judgement of lanes, of the sweep and of the report. */
export function judge(subject: Subject, world: World): Judged {
  const found: RuleFinding[] = []
  const notes: string[] = []
  const { rules: configured } = world.settings
  for (const rule of rules) {
    const { mode = null, severity = rule.severity } = configured[rule.name] ?? {}
    if (rule.kind !== subject.kind || mode === 'off') continue
    for (const fact of asked(rule).judge(subject as never, world)) {
      const { allowed, findings } = crossed(rule, fact, subject, world.settings)
      notes.push(...findings)
      if (allowed === null) found.push({ rule, fact, severity, mode })
      else notes.push(`${fact.summary}: it may, ${allowed.reason} (crossing)`)
    }
  }
  const key = ({ rule, fact }: RuleFinding) => `${rule.name} ${fact.detail}`
  return { found: found.sort((a, b) => (key(a) < key(b) ? -1 : 1)), notes: [...new Set(notes)].sort() }
}

/** Types a rule so that it can be asked with a subject of its kind. */
export const asked = (rule: AnyRule): Omit<Rule<never>, 'kind'> => rule
