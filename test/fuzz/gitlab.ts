import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { normaliseGitlab } from '../../src/events/gitlab.ts'
import { scratched, scratches, spoils, spoilt } from './spoil.ts'
import { storable } from './storable.ts'
import type { Target } from './target.ts'

const folder = new URL('../fixtures/gitlab/', import.meta.url)
const bodies = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
const arrival = { instance: 'gitlab.example', now: Date.UTC(2026, 10, 30) }

interface Delivery {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const at = fc.nat({ max: bodies.length - 1 })
const headers = fc.dictionary(
  fc.constantFrom('x-gitlab-event', 'x-gitlab-event-uuid', 'idempotency-key', 'webhook-id'),
  fc.oneof(fc.constantFrom('System Hook', 'Push Hook', ''), fc.string({ unit: 'binary', maxLength: 300 })),
  { maxKeys: 3 }
)
const values = fc
  .tuple(at, spoils(), headers)
  .map(
    ([n, changes, headers]): Delivery => ({ headers, body: JSON.stringify(spoilt(JSON.parse(bodies[n]!), changes)) })
  )
const texts = fc
  .tuple(at, scratches, headers)
  .map(([n, scratch, headers]): Delivery => ({ headers, body: scratched(bodies[n]!, scratch) }))

/** A webhook of GitLab → events. */
export const gitlab: Target<Delivery> = {
  name: 'gitlab',
  share: 5,
  inputs: fc.oneof({ weight: 3, arbitrary: values }, { weight: 1, arbitrary: texts }),
  check: ({ headers, body }) => storable(normaliseGitlab({ headers, body: Buffer.from(body ?? '') }, arrival))
}
