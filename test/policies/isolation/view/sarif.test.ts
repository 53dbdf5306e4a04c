import { Ajv } from 'ajv'
import t from 'tap'
import { severities } from '../../../../src/core/breach.ts'
import { isolationReport } from '../../../../src/policies/isolation/view/report.ts'
import { sarifOf } from '../../../../src/policies/isolation/view/sarif.ts'
import { row } from './breaches.ts'

const text = { type: 'string', minLength: 1 }
const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false
})
const many = (items: object, more: object = {}) => ({ type: 'array', items, uniqueItems: true, ...more })

// The parts of the standard's schema that are used here, as strict as it is: an unknown member is an error there, too.
const schema = object({
  $schema: { type: 'string', pattern: '/sarif-schema-2\\.1\\.0\\.json$' },
  version: { const: '2.1.0' },
  runs: many(
    object({
      tool: object({
        driver: object({
          name: text,
          version: text,
          rules: many(object({ id: text, properties: { type: 'object' } }))
        })
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: {
        type: 'array',
        items: object(
          {
            ruleId: text,
            ruleIndex: { type: 'integer', minimum: 0 },
            kind: { enum: ['notApplicable', 'pass', 'fail', 'review', 'open', 'informational'] },
            level: { enum: ['none', 'note', 'warning', 'error'] },
            message: object({ text }),
            locations: many(
              object({ logicalLocations: many(object({ name: text, fullyQualifiedName: text, kind: text })) }),
              { minItems: 1 }
            ),
            partialFingerprints: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
            suppressions: many(
              object({
                kind: { enum: ['inSource', 'external'] },
                status: { enum: ['accepted', 'underReview', 'rejected'] },
                justification: { type: 'string' }
              })
            ),
            properties: { type: 'object' }
          },
          ['ruleId', 'ruleIndex', 'kind', 'level', 'message', 'locations', 'partialFingerprints', 'properties']
        )
      }
    })
  )
})
const valid = new Ajv({ strict: false }).compile(schema)

interface Result {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly kind: string
  readonly level: string
  readonly partialFingerprints: Record<string, string>
  readonly suppressions?: readonly object[]
  readonly properties: Record<string, unknown>
}

function sarif(rows: Parameters<typeof isolationReport>[0]) {
  const log = sarifOf(isolationReport(rows, ['dev', 'prod']), 'b1') as unknown as {
    runs: [{ tool: { driver: { rules: { id: string }[] } }; results: Result[] }]
  }
  return { log, results: log.runs[0].results, rules: log.runs[0].tool.driver.rules }
}

t.test('a log that the standard’s schema takes', async (t) => {
  const rows = [
    row(1),
    row(2, { rule: 'image-visible', layer: 'storage', state: 'exempt', because: 'eve answers for it' }),
    row(3, { ended: 5 }),
    row(4, { name: '' })
  ]
  const { log, results, rules } = sarif(rows)
  t.ok(valid(log), JSON.stringify(valid.errors))
  t.equal(results.length, 4)
  t.strictSame(
    rules.map(({ id }) => id),
    ['rbac-shared-network', 'image-visible'],
    'each rule once'
  )
  for (const { ruleId, ruleIndex } of results) t.equal(rules[ruleIndex]!.id, ruleId)
  t.ok(valid(sarif([]).log), 'nothing found')
})

t.test('levels by severity; what is over passes, what is exempt is suppressed', async (t) => {
  const { results } = sarif(severities.map((severity, n) => row(n + 1, { severity })))
  t.strictSame(
    results.map(({ properties, level }) => [properties.severity, level]),
    [
      ['critical', 'error'],
      ['high', 'error'],
      ['medium', 'warning'],
      ['low', 'note']
    ]
  )
  const [open, exempt, over] = sarif([row(1), row(2, { state: 'exempt' }), row(3, { ended: 5 })]).results
  t.match(
    [open, over],
    [
      { kind: 'fail', level: 'error' },
      { kind: 'pass', level: 'none' }
    ]
  )
  t.strictSame(
    [open, exempt, over].map((one) => one!.suppressions?.length ?? 0),
    [0, 1, 0]
  )
})

t.test('the fingerprint is of the breach, not of the time it was found or of its state', async (t) => {
  const of = (...rows: Parameters<typeof sarif>[0]) =>
    sarif(rows).results.map((one) => one.partialFingerprints['stackreflex/v1'])
  const [before] = of(row(1, { lane: 'l' }))
  t.strictSame(of(row(9, { lane: 'l', state: 'closing', severity: 'low' })), [before])
  for (const other of [{ lane: 'm' }, { detail: 'rbac-2' }, { rule: 'image-visible' }])
    t.not(of(row(1, { lane: 'l', ...other }))[0], before)
})

t.test('who, when and why are in the properties', async (t) => {
  const [result] = sarif([row(1)]).results
  t.match(result!.properties, {
    from: 'dev',
    to: 'prod',
    since: '1970-01-01T00:00:01.000Z',
    ended: null,
    userId: 'u-eve',
    requestId: 'req-1',
    evidence: { rbac: 'rbac-1' },
    decisions: [1, 2]
  })
})
