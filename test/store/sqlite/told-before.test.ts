import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import type { ToldBefore } from '../../../src/core/told-before.ts'
import type { Event, EventData, GitlabData } from '../../../src/events/event.ts'
import { appendWithin } from '../../../src/store/sqlite/append.ts'
import { Connection, openForWriting } from '../../../src/store/sqlite/connection.ts'
import { migrations } from '../../../src/store/sqlite/schema.ts'
import { toldBefore } from '../../../src/store/sqlite/told-before.ts'
import { event, route, START } from '../../contract/journal-facts.ts'

/** As it was before it had indexes: it reads the newest thousand, and is what the answers must agree with. */
function byReading(db: Connection, { id, source, subject, data }: Event): ToldBefore | null {
  if (data.kind !== 'gitlab' || subject === null) return null
  const rows = db
    .sql<{ seq: number; id: string; data: string | null }>(
      'select seq, id, data from event where subject = ? and source = ? order by seq desc limit 1000'
    )
    .all(subject, source)
  const same = rows.find((row) => row.id === id)
  if (same !== undefined) return { seq: same.seq, delivery: 'same' }
  if (data.happening == null) return null
  for (const row of rows) {
    const told = row.data === null ? null : (JSON.parse(row.data) as EventData)
    if (told?.kind !== 'gitlab') continue
    if (told.happening === data.happening) return { seq: row.seq, delivery: 'another' }
    if (data.moved != null && told.moved?.to === data.moved.from) return null
  }
  return null
}

let files = 0
const base: GitlabData = {
  ...{ kind: 'gitlab', object: 'push', project: 'a/b', defaultBranch: 'main', action: null, state: null },
  ...{ branch: 'main', tag: null, sha: null, iid: null, environment: null, user: null, url: null, title: null }
}

const connect = (path: string) =>
  new Connection(
    path,
    () => START,
    openForWriting(path, null, () => {})
  )

function connection(t: Test): Connection {
  const db = connect(join(t.testdir(), `${files++}.db`))
  t.teardown(() => db.close())
  return db
}

const few = (...values: readonly string[]) => fc.constantFrom(...values)
const commit = few('a', 'b', 'c')
const told: fc.Arbitrary<{ id: number; event: Event; prune: boolean }> = fc
  .record({
    id: fc.nat(25),
    source: few('/gitlab/x', '/gitlab/x', '/gitlab/y'),
    subject: fc.constantFrom('main', 'main', 'other', null),
    happening: fc.option(few('h1', 'h2', 'h3', 'with "quotes" and \u00fcml\u00e4uts')),
    moved: fc.option(fc.record({ from: commit, to: commit })),
    old: fc.boolean(),
    none: fc.nat(9),
    prune: fc.nat(9)
  })
  .map(({ id, source, subject, happening, moved, old, none, prune }) => ({
    id,
    prune: prune === 0,
    event: event(`gitlab/${id}`, {
      source,
      subject,
      // Without a time of its own in the body each try has another one.
      time: new Date(START - files++ * 1000).toISOString(),
      data: none === 0 ? { kind: 'none' } : old ? base : { ...base, happening, moved }
    })
  }))

t.test('property: as many answers as by reading a thousand rows, on any history', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(told, { maxLength: 60 }), fc.constantFrom(0, 0, 0, 985, 1001), async (all, quiet) => {
      const db = connection(t)
      // So that what was told falls out of the newest thousand.
      const filler = Array.from({ length: quiet }, (_, n) =>
        route(
          event(`filler-${n}`, { source: '/gitlab/x', subject: 'main', time: new Date(START - n).toISOString() }),
          'q'
        )
      )
      const half = Math.floor(all.length / 2)
      for (const [n, { event: one, prune }] of all.entries()) {
        if (n === half) await db.write(() => appendWithin(db, { events: filler, ignored: [] }))
        t.same(toldBefore(db, one), byReading(db, one))
        await db.write(() => appendWithin(db, { events: [route(one, 'q')], ignored: [] }))
        if (prune)
          await db.write(() =>
            db
              .sql(
                'update event set data = null, happening = null, moved_to = null where seq = (select min(seq) from event where data is not null)'
              )
              .run()
          )
      }
    }),
    { numRuns: 40 }
  )
})

t.test('each question is answered by its index', async (t) => {
  const db = connection(t)
  const plan = (text: string) =>
    (db.sql<{ detail: string }>(`explain query plan ${text}`).all('a', 'b', 'c') ?? [])
      .map(({ detail }) => detail)
      .join()
  const by = (column: string, more = '') =>
    plan(`select seq from event where ${column} = ? and subject = ? and source = ? ${more} order by seq desc limit 1`)
  t.match(by('happening'), 'COVERING INDEX event_happening')
  t.match(by('moved_to'), 'COVERING INDEX event_moved_to')
  t.match(by('id', "and source >= '/gitlab/' and source < '/gitlab0'"), 'COVERING INDEX event_delivery')
})

t.test(
  'what was journalled before there were indexes is known, and a damaged row keeps nobody from upgrading',
  async (t) => {
    const path = join(t.testdir(), 'old.db')
    const at = migrations.findIndex((one) => one.includes('event_happening'))
    const old = new DatabaseSync(path)
    old.exec('create table meta (key text primary key, value text not null) without rowid')
    for (const one of migrations.slice(0, at)) old.exec(one)
    old.prepare(`insert into meta values ('schema', ?)`).run(String(at))
    const insert = old.prepare(
      'insert into event (at, id, received, source, type, subject, data) values (?, ?, 0, ?, ?, ?, ?)'
    )
    const data: GitlabData = { ...base, happening: 'h1', moved: { from: 'a', to: 'b' } }
    insert.run(1, 'gitlab/1', '/gitlab/x', 'gitlab.push', 'main', JSON.stringify(data))
    insert.run(2, 'gitlab/2', '/gitlab/x', 'gitlab.push', 'main', '{"kind":')
    insert.run(3, 'gitlab/3', '/gitlab/x', 'gitlab.push', 'main', null)
    insert.run(
      4,
      'gitlab/4',
      '/gitlab/x',
      'gitlab.push',
      'main',
      JSON.stringify({ ...data, happening: 'h4', moved: { from: 'x', to: 'y' } })
    )
    old.close()
    const db = connect(path)
    t.teardown(() => db.close())
    const ask = (id: string, more: Partial<GitlabData>) =>
      toldBefore(db, event(id, { source: '/gitlab/x', subject: 'main', data: { ...base, ...more } }))
    t.same(ask('gitlab/9', { happening: 'h1' }), { seq: 1, delivery: 'another' })
    t.same(ask('gitlab/9', { happening: 'h1', moved: { from: 'y', to: 'b' } }), null, 'put back')
    t.same(ask('gitlab/3', {}), { seq: 3, delivery: 'same' })
    t.same(ask('gitlab/9', { happening: 'h2' }), null)
  }
)
