import { skip } from '../../../src/core/policy.ts'
import { judgeIdle } from '../../../src/policies/server-hygiene/judge.ts'
import type { Journal } from '../../../src/store/journal.ts'
import { event, recorded, route } from '../../contract/journal-facts.ts'
import { now, settings, subject } from './subjects.ts'

let counter = 0

/** Has a lane of `server-hygiene` find an idle floating IP, or (`over`) find it used again. */
export async function idle(journal: Journal, id: string, { over = false } = {}): Promise<void> {
  const lane = `floatingip/p-dev/${id}`
  const by = settings({ floatingIps: { unattached: '7d', release: 'never' } })
  const changedAt = Date.parse('2026-01-01T00:00:00Z')
  const { breach, reason } = judgeIdle(subject({ id, changedAt, ...(over && { state: 'used' }) }), by, now)
  const woken = route(event(`idle-${++counter}`), lane, { policy: 'server-hygiene' })
  await journal.append({ events: [woken], ignored: [] })
  const claim = await journal.claimLane('w', 10_000)
  if (claim?.key !== lane) throw new Error(`${lane} was not due`)
  await recorded(journal, claim, skip(reason, { breaches: breach ? [breach] : [] }), { now: Date.now() })
}
