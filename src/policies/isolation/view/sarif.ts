import type { Severity } from '../../../core/breach.ts'
import { nameWithin } from '../../../core/instance.ts'
import type { Json } from '../../../core/query.ts'
import type { Finding } from '../../shared/findings.ts'
import type { IsolationReport } from './report.ts'

const levels = { critical: 'error', high: 'error', medium: 'warning', low: 'note' } as const satisfies Record<
  Severity,
  string
>

/**
 * Renders the report as a SARIF 2.1.0 log with one run: a result for each finding. What is over has kind `pass`, what somebody answers for
 * is suppressed. `build` is the id of this build.
 */
export function sarifOf({ findings, history }: IsolationReport, build: string): Json {
  const all = [...findings, ...history]
  const rules = [...new Map(all.map((one) => [one.rule, one])).values()]
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Stackreflex',
            version: build,
            rules: rules.map(({ rule, layer }) => ({ id: rule, properties: { layer, tags: ['isolation', layer] } }))
          }
        },
        columnKind: 'utf16CodeUnits',
        results: all.map((one) => ({
          ruleIndex: rules.findIndex(({ rule }) => rule === one.rule),
          ...resultOf(one)
        }))
      }
    ]
  }
}

function resultOf(one: Finding) {
  const { id, rule, detail, layer, severity, resource, name, from, to, summary, evidence, state, because, lane } = one
  // What one OpenStack calls so is not what another calls so; without instances the same as ever.
  const place = nameWithin(one.policy ?? '', lane)
  const fixed = state === 'fixed'
  return {
    ruleId: rule,
    // The standard: what passes has no level.
    kind: fixed ? 'pass' : 'fail',
    level: fixed ? 'none' : levels[severity],
    message: { text: summary },
    locations: [
      { logicalLocations: [{ name: name || resource, fullyQualifiedName: resource, kind: resource.split('/')[0]! }] }
    ],
    // The same breach has the same one in every run; one that comes back after it was closed does, too.
    partialFingerprints: { 'stackreflex/v1': [place, rule, detail].join('|') },
    ...(state === 'exempt' ? { suppressions: [{ kind: 'external', status: 'accepted', justification: because }] } : {}),
    properties: {
      id,
      layer,
      severity,
      state,
      because,
      from,
      to,
      evidence,
      since: new Date(one.since).toISOString(),
      ended: one.ended === null ? null : new Date(one.ended).toISOString(),
      userId: one.userId,
      userName: one.userName,
      requestId: one.requestId,
      held: one.held === null ? null : one.held.rule,
      decisions: [one.decisions.first, one.decisions.last]
    }
  }
}
