import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { readActions } from '../../../src/store/sqlite/actions-read.ts'
import { readBreaches } from '../../../src/store/sqlite/breaches-read.ts'
import type { Connection } from '../../../src/store/sqlite/connection.ts'
import { readDecisions } from '../../../src/store/sqlite/decisions-read.ts'
import { readEvent, readEvents } from '../../../src/store/sqlite/events-read.ts'
import { readLanes } from '../../../src/store/sqlite/read-lanes.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'

const path = join(t.testdir({}), 'journal.db')
await (await openSqliteJournal({ path })).close()
const file = new DatabaseSync(path)
t.teardown(() => file.close())

const page = { limit: 50 }
const since = { ...page, since: 1 }
const asked: Readonly<Record<string, (db: Connection) => unknown>> = {
  'an event by its id': (db) => readEvent(db, 'zzz'),
  events: (db) => [...readEvents(db, page)],
  'events of a type': (db) => [...readEvents(db, { ...since, type: 'a.b' })],
  'events of a family': (db) => [...readEvents(db, { ...since, type: 'a.*' })],
  'events of a resource': (db) => [...readEvents(db, { ...since, resource: 's' })],
  'events of a project': (db) => [...readEvents(db, { ...since, project: 'p' })],
  'events of a project and a type': (db) => [...readEvents(db, { ...since, project: 'p', type: 'a.b' })],
  decisions: (db) => [...readDecisions(db, page)],
  'a decision': (db) => [...readDecisions(db, { ...page, id: 7 })],
  'decisions of a lane': (db) => [...readDecisions(db, { ...since, lane: 'l' })],
  'decisions about a resource': (db) => [...readDecisions(db, { ...since, resource: 's' })],
  'decisions of an event': (db) => [...readDecisions(db, { ...since, event: 7 })],
  'decisions of a project': (db) => [...readDecisions(db, { ...since, project: 'p' })],
  'decisions of a policy': (db) => [...readDecisions(db, { ...since, type: 'isolation' })],
  actions: (db) => [...readActions(db, page)],
  'an action': (db) => [...readActions(db, { ...page, id: 'a' })],
  'actions of a decision': (db) => [...readActions(db, { ...page, decision: 7 })],
  'actions of a lane': (db) => [...readActions(db, { ...since, lane: 'l' })],
  'actions of a type': (db) => [...readActions(db, { ...since, type: 'recordset-set' })],
  'actions of a family': (db) => [...readActions(db, { ...since, type: 'recordset*' })],
  'actions of a project': (db) => [...readActions(db, { ...since, project: 'p' })],
  'a lane': (db) => readLanes(db, { key: 'l' }),
  'lanes about a resource': (db) => readLanes(db, { resource: 's' }),
  'parked lanes': (db) => readLanes(db, { parked: true }),
  'held lanes': (db) => readLanes(db, { held: true }),
  'breaches that are there': (db) => readBreaches(db, { policy: 'isolation', open: true })
}

/** All of a table, in no order of use: `SCAN event`; along an index, or the newest rows first, is another matter. */
const through = /^SCAN (event|decision|lane|action|lane_event|concern|d|a)$/

/** The newest 1,000 of all, by their number. */
const newestFirst = /order by (seq|id) desc limit/

for (const [name, ask] of Object.entries(asked))
  t.test(`${name}: no statement goes through a whole table`, async (t) => {
    const texts = new Set<string>()
    const db = {
      path,
      now: Date.now,
      sql: (text: string) => {
        texts.add(text)
        return file.prepare(text)
      }
    } as unknown as Connection
    ask(db)
    t.ok(texts.size > 0)
    for (const text of texts) {
      const steps = file.prepare(`explain query plan ${text}`).all() as { detail: string }[]
      const bad = steps.filter(({ detail }) => through.test(detail))
      if (!newestFirst.test(text)) t.strictSame(bad, [], text)
      else
        t.notOk(
          steps.some(({ detail }) => through.test(detail) && detail.includes('TEMP')),
          text
        )
    }
  })
