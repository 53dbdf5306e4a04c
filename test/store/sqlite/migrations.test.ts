import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { claimOwner, soleReplica } from '../../../src/core/claim-owner.ts'
import { migrations } from '../../../src/store/sqlite/schema.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'

/** Tables, indexes and triggers with the very text that made them, in the order in which they were made. */
function dump(db: DatabaseSync): string {
  const rows = db.prepare('select type, name, tbl_name, sql from sqlite_master order by rowid').all()
  return `${rows.map(({ type, name, tbl_name, sql }) => `-- ${type} ${name} on ${tbl_name}\n${sql};`).join('\n\n')}\n`
}

function migrated(path: string, from: number, to: number): void {
  const db = new DatabaseSync(path)
  db.exec('create table if not exists meta (key text primary key, value text not null) without rowid')
  for (const one of migrations.slice(from, to)) db.exec(one)
  db.prepare(`insert or replace into meta (key, value) values ('schema', ?)`).run(String(to))
  db.close()
}

function dumpOf(path: string): string {
  const db = new DatabaseSync(path)
  const text = dump(db)
  db.close()
  return text
}

t.test('each migration is a file of its own, and they run in the order of their numbers', async (t) => {
  const files = globSync('src/store/sqlite/migrations/*.ts').toSorted()
  t.same(
    files.map((file) => Number.parseInt(basename(file), 10)),
    migrations.map((_, n) => n + 1)
  )
  for (const [n, file] of files.entries())
    t.equal(((await import(join(process.cwd(), file))) as { default: string }).default, migrations[n], file)
})

t.test('the first nine migrations make the very tables that they made as one file', async (t) => {
  const path = join(t.testdir(), 'journal.db')
  migrated(path, 0, 9)
  t.equal(dumpOf(path), readFileSync(join(import.meta.dirname, 'schema-9.sql'), 'utf8'))
})

t.test('a journal of any older build has the tables of a new one once it is opened', async (t) => {
  const folder = t.testdir()
  const fresh = join(folder, 'fresh.db')
  await openSqliteJournal({ path: fresh }).then((journal) => journal.close())
  for (const from of migrations.keys()) {
    const path = join(folder, `from-${from}.db`)
    if (from > 0) migrated(path, 0, from)
    await openSqliteJournal({ path }).then((journal) => journal.close())
    t.equal(dumpOf(path), dumpOf(fresh), `from schema ${from}`)
  }
})

t.test('claims that a product of an older build held are free at once when it starts anew', async (t) => {
  const path = join(t.testdir(), 'journal.db')
  migrated(path, 0, 9)
  const old = new DatabaseSync(path)
  const lease = Date.now() + 60_000
  old.exec(`insert into lane (policy, key, pending, due, owner, lease) values ('p', 'a', 1, 0, 'a-uuid', ${lease})`)
  old.exec(`insert into action
    (id, decision, ordinal, lane, type, risk, target, scope, input, request_id, state, due, owner, created)
    values ('x', 1, 0, 1, 'put', 'update', 't', 's', '{}', 'req-x', 'claimed', ${lease}, 'a-uuid', 0)`)
  old.close()
  const journal = await openSqliteJournal({ path })
  t.teardown(() => journal.close())
  t.equal(await journal.claimLane(claimOwner(soleReplica, '2'), 1000), null, 'held as before')
  t.equal(await journal.releaseEarlier(claimOwner(soleReplica, '2')), 2)
  t.match(await journal.claimLane(claimOwner(soleReplica, '2'), 1000), { key: 'a' })
})
