import type { Event } from '../../src/events/event.ts'
import type { Journal } from '../../src/store/journal.ts'
import type { JournalTest } from './journal.ts'
import { event, HOUR, MINUTE, route, SECOND, START } from './journal-facts.ts'

const LEASE = 30 * SECOND
const of = { sink: 'slack', about: 'approval:7' } as const
const entry = { ...of, at: START }
const mine = { ...of, owner: 'w1' }
const told = { state: 'told', reference: 'C1/17', shown: 'open' } as const

const fact = (id: string): Event => event(id, { type: 'stackreflex.slack.x', subject: 'approval:7' })
const facts = async (journal: Journal) =>
  (await journal.events({ resource: 'approval:7', limit: 20 })).map(({ id }) => id).toReversed()

/** What a journal keeps of what must be told elsewhere. */
export function telling(test: JournalTest): void {
  test('what must be told is kept once, and waits', async (t, { journal, connect }) => {
    t.equal(await journal.outbox('slack', 'approval:7'), null)
    await journal.enqueue([entry, { ...entry, about: 'approval:8' }])
    await journal.enqueue([{ ...entry, at: START + HOUR }])
    const other = await connect()
    t.same(await other.outbox('slack', 'approval:7'), { ...entry, state: 'waiting', tries: 0, due: 0 })
    t.equal(await other.outbox('gitlab', 'approval:7'), null, 'elsewhere it is another entry')
  })

  test('it goes to the outbox with the event that it is about, or neither is written', async (t, { journal }) => {
    const batch = { events: [route(event('1'), 'a')], ignored: [] }
    await journal.append({ ...batch, outbox: [entry] })
    t.match(await journal.outbox('slack', 'approval:7'), { state: 'waiting' })
    const broken = { sink: 'slack', about: null, at: START } as never
    const second = {
      events: [route(event('2'), 'b')],
      ignored: [],
      outbox: [{ ...entry, about: 'approval:8' }, broken]
    }
    await t.rejects(journal.append(second))
    t.equal(await journal.outbox('slack', 'approval:8'), null)
  })

  test('one claims it, with the fact that it is being told', async (t, { journal, connect }) => {
    await journal.enqueue([entry])
    const other = await connect()
    const claims = await Promise.all([
      journal.claimOutbox(mine, LEASE, fact('by w1')),
      other.claimOutbox({ ...mine, owner: 'w2' }, LEASE, fact('by w2'))
    ])
    t.equal(claims.filter((one) => one !== null).length, 1)
    t.equal((await facts(journal)).length, 1)
    t.match(await journal.outbox('slack', 'approval:7'), { state: 'sending', over: false })
    t.equal(await journal.claimOutbox({ ...mine, about: 'none' }, LEASE, fact('none')), null)
  })

  test('told: where it is and what it shows, until it shows something else', async (t, { journal }) => {
    await journal.enqueue([entry])
    t.equal(await journal.amendOutbox('slack', 'approval:7', 'granted', fact('0')), false, 'not yet')
    await journal.claimOutbox(mine, LEASE, fact('1'))
    t.equal(await journal.endOutbox({ ...mine, owner: 'w2' }, told, fact('2')), false, 'only by who claimed it')
    t.equal(await journal.endOutbox(mine, told, fact('3')), true)
    t.same(await journal.outbox('slack', 'approval:7'), { ...entry, ...told, tries: 0 })
    t.equal(await journal.endOutbox(mine, { state: 'lost' }, fact('4')), false, 'once')
    t.equal(await journal.claimOutbox(mine, LEASE, fact('5')), null, 'and not again')
    t.equal(await journal.amendOutbox('slack', 'approval:7', 'granted', fact('6')), true)
    t.match(await journal.outbox('slack', 'approval:7'), { state: 'told', reference: 'C1/17', shown: 'granted' })
    t.same(await facts(journal), ['1', '3', '6'], 'what changes nothing is no fact')
  })

  test('failed: again at its time, and each try is counted', async (t, { journal }) => {
    await journal.enqueue([entry])
    for (const tries of [1, 2]) {
      await journal.claimOutbox(mine, LEASE, fact(`c${tries}`))
      await journal.endOutbox(mine, { state: 'waiting', due: START + tries * MINUTE }, fact(`f${tries}`))
      const row = { ...entry, state: 'waiting', tries, due: START + tries * MINUTE }
      t.same(await journal.outbox('slack', 'approval:7'), row)
    }
    t.match(await journal.claimOutbox(mine, LEASE, fact('c3')), { state: 'sending', tries: 2 })
  })

  test('who claimed it died: perhaps told, which somebody else may say once the lease is over', async (t, at) => {
    const { journal, clock } = at
    await journal.enqueue([entry])
    await journal.claimOutbox(mine, LEASE, fact('1'))
    const nobody = { ...of, owner: null }
    t.equal(await journal.endOutbox(nobody, { state: 'lost' }, null), false, 'not before')
    clock.now += LEASE
    t.match(await journal.outbox('slack', 'approval:7'), { state: 'sending', over: true })
    t.equal(await journal.claimOutbox({ ...mine, owner: 'w2' }, LEASE, fact('2')), null, 'it is not told once more')
    t.equal(await journal.endOutbox(nobody, told, fact('3')), false, 'nobody can say that it was')
    t.equal(await journal.endOutbox(nobody, { state: 'lost' }, null), true)
    t.same(await journal.outbox('slack', 'approval:7'), { ...entry, state: 'lost', tries: 0 })
    t.equal(await journal.endOutbox(mine, told, fact('4')), false, 'its claim is lost')
  })

  test('what another build told before is taken over as it stands', async (t, { journal }) => {
    const { reference, shown } = told
    await journal.enqueue([{ ...entry, before: { reference, shown } }])
    t.same(await journal.outbox('slack', 'approval:7'), { ...entry, ...told, tries: 0 })
    await journal.enqueue([{ ...entry, about: 'approval:8', before: 'lost' }])
    t.match(await journal.outbox('slack', 'approval:8'), { state: 'lost' })
  })

  test('what is old is pruned with the ids of its time', async (t, { journal }) => {
    await journal.enqueue([entry, { ...entry, about: 'approval:8', at: START + HOUR }])
    await journal.prune(START + HOUR, START)
    t.ok(await journal.outbox('slack', 'approval:7'))
    await journal.prune(START + HOUR, START + HOUR)
    t.equal(await journal.outbox('slack', 'approval:7'), null)
    t.ok(await journal.outbox('slack', 'approval:8'))
  })
}
