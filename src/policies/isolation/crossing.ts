import { conditionsOver } from '../../core/condition.ts'
import type { Json } from '../../core/query.ts'
import type { Subject } from './questions/subjects.ts'
import type { AnyRule, Fact } from './rule.ts'
import type { CrossingSetting, IsolationSettings } from './settings.ts'

/** Conditions of `crossing`: over the fact that a rule found. */
export const crossingConditions = conditionsOver({
  rule: 'string',
  from: 'string',
  to: 'string',
  resource: 'map',
  evidence: 'map'
})

/** A crossing between clusters: the setting that allows it (null: none does), and findings about it. */
export type Crossed = { readonly allowed: CrossingSetting | null; readonly findings: readonly string[] }

/** Tells whether what a rule found may cross. A condition that fails allows nothing, and is a finding. */
export function crossed(rule: AnyRule, fact: Fact, subject: Subject, { crossing }: IsolationSettings): Crossed {
  const findings: string[] = []
  // A subject is the answer to a question, and every answer is JSON.
  const resource = subject as unknown as Json
  const fits = (asked: string, is: string) => asked === '*' || asked === is
  for (const [n, one] of crossing.entries()) {
    if (!fits(one.from, fact.from) || !fits(one.to, fact.to)) continue
    if (one.layer !== undefined && one.layer !== rule.layer) continue
    if (one.rule !== undefined && one.rule !== rule.name) continue
    if (one.when === undefined) return { allowed: one, findings }
    const values = { rule: rule.name, from: fact.from, to: fact.to, resource, evidence: fact.evidence }
    const answer = crossingConditions.ask(one.when, values)
    if ('failed' in answer)
      findings.push(`crossing[${n}] (${one.reason}): its condition failed (${answer.failed}): it allows nothing`)
    else if (answer.met) return { allowed: one, findings }
  }
  return { allowed: null, findings }
}
