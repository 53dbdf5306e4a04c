import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { createLog } from '../../../src/base/log.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { openSqliteWriter, type WriterOptions } from '../../../src/store/sqlite/writer.ts'
import { event, ignored, route } from '../../contract/journal-facts.ts'

const log = createLog({ level: 'silent' })
const lossy = new URL('./lost-writer.ts', import.meta.url)
const folder = t.testdir({})
let files = 0

/** A writer whose thread starts at once, beside a journal that counts what is appended without it. */
async function opened(t: Test, options: Partial<WriterOptions> = {}) {
  const path = join(folder, `${files++}.db`)
  const journal = await openSqliteJournal({ path })
  const own = { count: 0 }
  const writer = openSqliteWriter({
    journalPath: path,
    own: { append: (batch) => journal.append(batch).finally(() => own.count++) },
    log,
    from: 1,
    ...options
  })
  t.teardown(async () => {
    await writer.close()
    await journal.close()
  })
  /** Until it is the thread that appends. */
  const ready = async () => {
    for (let before = -1; before < own.count; ) {
      before = own.count
      await writer.append(one('warm')).catch(() => {})
      await new Promise(setImmediate)
    }
  }
  return { path, journal, writer, own, ready }
}

const one = (id: string, lane = 'a') => ({ events: [route(event(id), lane)], ignored: [] })

t.test('the thread appends as the journal itself, and both see what the other wrote', async (t) => {
  const { journal, writer, own, ready } = await opened(t)
  await ready()
  const without = own.count
  const before = (await journal.events({ limit: 1000 })).length
  t.same(await writer.append({ events: [route(event('1'), 'b')], ignored: [ignored('2')] }), {
    appended: 2,
    duplicates: 0,
    woke: 1
  })
  t.same(await journal.append(one('1', 'b')), { appended: 0, duplicates: 1, woke: 0 })
  await journal.append(one('3', 'c'))
  t.same(await writer.append(one('3', 'c')), { appended: 0, duplicates: 1, woke: 0 })
  const given = event('4', { data: { kind: 'zone', name: 'ü \ud83d\ude00 "quoted"' }, userName: 'Ada' })
  await writer.append({ events: [route(given, 'd', { quietMs: 5, resources: ['r'] })], ignored: [] })
  t.equal(own.count, without, 'all of it in the thread')
  t.match((await journal.events({ limit: 1 }))[0], { ...given, ignored: false })
  t.equal((await journal.events({ limit: 1000 })).length, before + 4)
})

t.test('what one of them cannot write is its own failure', async (t) => {
  const { journal, writer, ready } = await opened(t)
  await ready()
  // Something that JSON and the table do not take: it is kept as an ignored row, as the journal itself does.
  const odd = { ...event('odd'), type: null as never }
  const all = await Promise.allSettled([
    writer.append(one('5')),
    writer.append({ events: [route(odd, 'a')], ignored: [] }),
    writer.append(one('6'))
  ])
  t.same(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled']
  )
  const ids = (await journal.events({ limit: 10 })).map(({ id }) => id)
  t.ok(ids.includes('5') && ids.includes('6') && !ids.includes('odd'))
})

t.test('the thread and the journal itself write beside each other, and wait for another writer', async (t) => {
  const { path, journal, writer, ready } = await opened(t)
  await ready()
  const blocker = new DatabaseSync(path)
  t.teardown(() => blocker.close())
  blocker.exec('begin immediate')
  const all = Array.from({ length: 64 }, (_, n) => writer.append(one(`w${n}`)))
  const stop = journal.stop({ cluster: null, by: 'alice', reason: 'odd' }, event('stop'))
  blocker.exec('commit')
  await stop
  t.match(await journal.stops(), [{ by: 'alice' }])
  t.equal((await Promise.all(all)).length, 64)
})

t.test('a thread that is lost fails what it had, and the journal itself goes on', async (t) => {
  const said: unknown[] = []
  const { journal, writer, ready } = await opened(t, {
    entry: lossy,
    log: { error: (...words: unknown[]) => said.push(words) }
  })
  await ready()
  await t.rejects(writer.append(one('refuse')), { code: 'JOURNAL', message: 'the disk is full' })
  const lost = [writer.append(one('end')), writer.append(one('with it'))]
  for (const each of lost) await t.rejects(each, { code: 'JOURNAL', message: /whether this was written is not known/ })
  t.match(said, [[{}, /was lost: it ended with code 3/]])
  t.match(await writer.append(one('after')), { appended: 1 })
  t.ok((await journal.events({ limit: 10 })).some(({ id }) => id === 'after'))
})

t.test('who closes waits for what was given', async (t) => {
  const { journal, writer, ready } = await opened(t)
  await ready()
  const all = Array.from({ length: 100 }, (_, n) => writer.append(one(`z${n}`)))
  await writer.close()
  t.equal((await Promise.all(all)).filter(({ appended }) => appended === 1).length, 100)
  t.equal((await journal.events({ limit: 1000 })).filter(({ id }) => id.startsWith('z')).length, 100)
  t.match(await writer.append(one('late')), { appended: 1 }, 'what comes later is taken by the journal itself')
})

t.test('kill -9 while 64 callers append: everything that was answered is there, and nothing by half', async (t) => {
  const path = join(folder, 'killed.db')
  for (const bytes of [500, 20_000, 60_000 + Math.floor(Math.random() * 60_000)]) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'many-appender.ts'), path])
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
      if (output.length > bytes) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const answered = output.split('\n').slice(0, -1)
    const journal = await openSqliteJournal({ path })
    const events = await journal.events({ limit: 100_000 })
    const stored = new Set(events.map(({ id }) => id))
    t.ok(answered.length > 10)
    t.same(
      answered.filter((id) => !stored.has(id)),
      []
    )
    t.equal(events.length % 3, 0, 'whole batches')
    const pending = (await journal.lanes({})).reduce((sum, lane) => sum + lane.pending, 0)
    t.equal(pending, events.length, 'lanes agree with events')
    await journal.close()
  }
})
