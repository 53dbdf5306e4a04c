import type { Event, GitlabData } from '../../src/events/event.ts'
import type { JournalTest } from './journal.ts'
import { event, route } from './journal-facts.ts'

const data: GitlabData = {
  ...{ kind: 'gitlab', object: 'pipeline', project: 'a/b', defaultBranch: 'main', action: null, state: 'success' },
  ...{ branch: 'main', tag: null, sha: null, iid: 3, environment: null, user: null, url: null, title: null },
  happening: '7 pipeline 31 success'
}
const told = (id: string, more: Partial<GitlabData> = {}, attributes: Partial<Event> = {}) =>
  route(event(id, { source: '/gitlab/x', ...attributes, data: { ...data, ...more } }), id)

export function happenings(test: JournalTest): void {
  test('what happened once wakes once, however many tell it, and each that tells it is kept', async (t, {
    journal,
    connect
  }) => {
    t.same(await journal.append({ events: [told('1')], ignored: [] }), { appended: 1, duplicates: 0, woke: 1 })
    const other = await connect()
    const late = told('2', {}, { time: '2026-03-01T12:00:07Z' })
    t.same(await other.append({ events: [late], ignored: [] }), { appended: 1, duplicates: 0, woke: 0 })
    const seq = (await journal.event('1'))!.seq
    t.match(await journal.event('2'), { ignored: true, data: null, reason: new RegExp(`told again: .* event ${seq},`) })
    for (const id of ['1', '2']) {
      const again = told(id, {}, { time: '2026-03-01T12:01:00Z' })
      t.same(await journal.append({ events: [again], ignored: [] }), { appended: 0, duplicates: 1, woke: 0 }, id)
    }
    t.same(await journal.append({ events: [told('3'), told('4')], ignored: [] }), {
      appended: 2,
      duplicates: 0,
      woke: 0
    })
    t.equal((await journal.lanes({})).length, 1)
  })

  test('another happening, another sender, another subject, or none that is known, wakes', async (t, { journal }) => {
    const others = [
      told('1'),
      told('2', { happening: '7 pipeline 31 failed' }),
      told('3', {}, { source: '/gitlab/y' }),
      told('4', {}, { subject: 's2' }),
      told('5', { happening: null }),
      told('6', { happening: null })
    ]
    for (const one of others) t.match(await journal.append({ events: [one], ignored: [] }), { appended: 1, woke: 1 })
  })

  test('a branch that was put back can be pushed to once more', async (t, { journal }) => {
    const push = (id: string, from: string, to: string) =>
      told(id, { happening: `${from}..${to}`, moved: { from, to } })
    const pushes: [string, string, string, number][] = [
      ['1', 'a', 'b', 1],
      ['2', 'b', 'c', 1],
      ['3', 'a', 'b', 0],
      ['4', 'b', 'c', 0],
      ['5', 'c', 'a', 1],
      ['6', 'a', 'b', 1],
      ['7', 'a', 'b', 0]
    ]
    for (const [id, from, to, woke] of pushes)
      t.match(await journal.append({ events: [push(id, from, to)], ignored: [] }), { appended: 1, woke }, id)
  })
}
