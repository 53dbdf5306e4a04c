import { isEarlierStart } from '../../core/claim-owner.ts'
import type { Connection } from './connection.ts'

/** Releases the claims of earlier starts: their steps are ready again; what came of their attempts stays unknown, and counts. */
export function releaseEarlier(db: Connection, owner: string): number {
  const owners = db
    .sql<{ owner: string }>(
      `select owner from lane where owner is not null
       union select owner from action where state = 'claimed' and owner is not null`
    )
    .all()
    .map((row) => row.owner)
  const gone = JSON.stringify(owners.filter((one) => isEarlierStart(one, owner)))
  const lanes = db
    .sql(
      'update lane set owner = null, lease = 0 where owner is not null and owner in (select value from json_each(?))'
    )
    .run(gone).changes
  const actions = db
    .sql(
      `update action set state = 'ready', owner = null, due = ?
       where state = 'claimed' and owner in (select value from json_each(?))`
    )
    .run(db.now(), gone).changes
  return lanes + actions
}
