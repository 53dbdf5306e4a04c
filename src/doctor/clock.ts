import { authenticated } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, ok, warning } from './finding.ts'
import { readJournal } from './journal-file.ts'
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
    return [...keystones, ...newestNotification(target)]
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
function newestNotification({ journalPath }: CheckTarget): readonly DoctorFinding[] {
  const newest = readJournal(journalPath, (db) => {
    // A journal that no newer build has opened yet has no such column.
    const said =
      db.prepare("select 1 from pragma_table_info('event') where name = 'said'").get() === undefined ? 'null' : 'said'
    return db
      .prepare(
        `select source, at / 1000 - received as ahead, received, ${said} as said from event where source like '/openstack/%' order by seq desc limit 1`
      )
      .get() as { source: string; ahead: number; received: number; said: string | null } | undefined
  })
  if (newest === null || newest === undefined) return []
  const { source, said, received } = newest
  // Over a year away, the time of receipt was written in its place.
  const ahead = said === null ? newest.ahead : Date.parse(said) - received
  return ahead > mostMs ? [compare(`whoever sends for ${source}`, ahead)] : []
}
