import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { createLog } from '../../src/base/log.ts'
import { openJournalSide } from '../../src/process/journal-side.ts'
import { event, route } from '../contract/journal-facts.ts'

t.test('what comes in numbers is appended in a thread of its own, which ends with the process', async (t) => {
  const path = join(t.testdir({}), 'journal.db')
  const closers: (() => unknown)[] = []
  const { journal } = await openJournalSide({
    path,
    lock: true,
    roles: ['receive'],
    log: createLog({ level: 'silent' }),
    closers
  })
  let open = true
  const close = async () => {
    if (!open) return
    open = false
    for (const one of closers.reverse()) await one()
  }
  t.teardown(close)
  const append = (id: string) => journal.append({ events: [route(event(id), 'a')], ignored: [] })
  let threads = 0
  const count = () => threads++
  process.on('worker', count)
  t.teardown(() => process.off('worker', count))
  await append('alone')
  t.equal(threads, 0, 'one at a time needs none')
  const started = once(process, 'worker')
  const all = Array.from({ length: 64 }, (_, n) => append(`${n}`))
  const [thread] = await started
  await Promise.all(all)
  t.equal((await journal.counts()).events, 65)
  const over = once(thread, 'exit')
  await close()
  await over
  t.equal(threads, 1)
})
