import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { createProbe } from '../../src/handlers/probe.ts'
import { openJournal } from '../../src/store/open.ts'
import { event, ignored, route } from '../contract/journal-facts.ts'

const MB = 1_048_576

t.test('asked often, it writes seldom; a bad answer is looked at again sooner', async (t) => {
  const clock = { now: 0 }
  let writes = 0
  let full = false
  const journal = {
    probe: async () => {
      writes++
      if (full) throw new Error('the disk is full')
      return { freeBytes: 10_000 * MB }
    }
  }
  const probe = createProbe(journal, { freshMs: 5000, now: () => clock.now })
  for (let n = 0; n < 100; n++) t.equal((await probe.check()).level, 'ok')
  t.equal(writes, 1)
  clock.now += 5000
  full = true
  const bad = { name: 'journal writes', level: 'failure', detail: 'nothing is taken: the disk is full' }
  for (let n = 0; n < 100; n++) t.same(await probe.check(), bad)
  t.equal(writes, 2)
  clock.now += 1000
  full = false
  t.equal((await probe.check()).level, 'ok')
  t.equal(writes, 3)
})

t.test('a write that hangs is answered in time, is not begun twice, and counts once it is done', async (t) => {
  const clock = { now: 0 }
  let writes = 0
  const { promise, resolve } = Promise.withResolvers<{ freeBytes: null }>()
  const journal = {
    probe: () => {
      writes++
      return promise
    }
  }
  const probe = createProbe(journal, { patienceMs: 10, now: () => clock.now })
  const hangs = { level: 'failure', detail: /a write is not done after 1 s/ }
  t.match(await Promise.all([probe.check(), probe.check(), probe.check()]), [hangs, hangs, hangs])
  clock.now += 60_000
  t.match(
    await probe.check(),
    { level: 'failure', detail: /a write is not done after 60 s/ },
    'at once: nobody waits any more'
  )
  t.equal(writes, 1)
  resolve({ freeBytes: null })
  await new Promise((settled) => setImmediate(settled))
  t.match(await probe.check(), { level: 'ok' })
})

t.test(
  'a disk that is nearly full is said before, and one that is full for all that matters is a failure',
  async (t) => {
    const answers = [
      [300, 'ok'],
      [200, 'warning'],
      [7, 'failure']
    ] as const
    for (const [mb, level] of answers)
      t.match(await createProbe({ probe: async () => ({ freeBytes: mb * MB }) }).check(), { level }, `${mb} MB`)
  }
)

t.test('of a real journal: full, blocked by another process, and well again', async (t) => {
  const path = join(t.testdir(), 'journal.db')
  const journal = await openJournal({ path, maxBytes: 1_200_000 })
  t.teardown(() => journal.close())
  const check = () => createProbe(journal, { patienceMs: 30_000 }).check()
  t.not((await check()).level, 'failure')
  const before = await journal.counts()
  t.equal(before.events, 0, 'nothing of it stays')

  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const late = createProbe(journal, { patienceMs: 50 })
  t.match(await late.check(), { level: 'failure', detail: /a write is not done/ })
  other.exec('rollback')
  other.close()
  t.not((await check()).level, 'failure')

  const fill = async (size: number) => {
    for (let n = 0; ; n++) {
      const events = [route(event(`${size}-${n}`, { subject: 'x'.repeat(size) }), 'a')]
      await journal.append({ events, ignored: [ignored(`i${size}-${n}`)] })
    }
  }
  for (const size of [20_000, 10]) await t.rejects(fill(size), { code: 'JOURNAL' })
  t.match(await check(), { level: 'failure', detail: /nothing is taken: .*is full/ })
})
