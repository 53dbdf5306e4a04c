import { inspectJournal } from '../store/open.ts'
import { authenticated } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, ok, warning } from './finding.ts'
import type { CheckTarget } from './target.ts'

const mostMs = 30_000

/** Do our clock and theirs agree? Tokens are renewed by ours, and drift is told from delay by both. */
export const clock: DoctorCheck = {
  name: 'clock',
  async examine(target) {
    const seen = new Map<string, number>()
    for (const { cloud } of await authenticated(target))
      if (!seen.has(cloud.entry.authUrl)) seen.set(cloud.entry.authUrl, await cloud.clockAheadMs())
    const keystones = [...seen].map(([url, aheadMs]) => compare(`Keystone at ${url}`, aheadMs))
    return [...keystones, ...(await newestNotification(target))]
  }
}

function compare(about: string, aheadMs: number): DoctorFinding {
  const seconds = Math.abs(Math.round(aheadMs / 1000))
  if (Math.abs(aheadMs) <= mostMs) return ok(about, `its clock and ours agree within ${Math.max(1, seconds)} s`)
  return warning(
    about,
    `its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ours: tokens run out at the wrong moment`,
    'synchronise both with NTP: `timedatectl` or `chronyc tracking` on each shows which of them is wrong'
  )
}

/** A notification cannot be received before it was sent. How late one is says nothing: it may have waited for us. */
async function newestNotification({ journalPath }: CheckTarget): Promise<readonly DoctorFinding[]> {
  const newest = await inspectJournal(journalPath, (journal) => journal.newestNotification())
  if (newest === null || newest.aheadMs <= mostMs) return []
  return [compare(`whoever sends for ${newest.source}`, newest.aheadMs)]
}
