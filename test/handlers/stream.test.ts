import t from 'tap'
import { createFeed } from '../../src/handlers/stream.ts'
import type { Journal } from '../../src/store/journal.ts'
import { build } from './build.ts'
import { booted, event, journalOf, type Story } from './story.ts'

/** A journal whose story may go on. */
function changing(): { journal: Journal; tell: (story: Story) => void } {
  let journal = journalOf(booted)
  return {
    journal: new Proxy({} as Journal, { get: (_, name) => journal[name as keyof Journal] }),
    tell: (story) => {
      journal = journalOf(story)
    }
  }
}

const heads = (frames: readonly string[]) =>
  frames.map((frame) => {
    const [, name, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(frame)!
    const { seq, id } = JSON.parse(data!)
    return `${name} ${seq ?? id}`
  })

t.test('first everything, oldest first, then only what is new or has changed', async (t) => {
  const { journal, tell } = changing()
  const feed = createFeed(journal)
  t.strictSame(heads(await feed.read()), [
    ...['event 1', 'event 2', 'event 201', 'event 202', 'event 203'],
    ...['decision 2', 'decision 3', 'decision 4'],
    ...['action 1', 'action 2']
  ])
  t.strictSame(await feed.read(), [])
  const [first, second] = booted.actions
  tell({ ...booted, events: [...booted.events, event(811, {})], actions: [{ ...first!, state: 'stale' }, second!] })
  t.strictSame(heads(await feed.read()), ['event 811', 'action 1'])
})

t.test('a storm is cut, and says so', async (t) => {
  const { journal, tell } = changing()
  const feed = createFeed(journal)
  await feed.read()
  tell({ ...booted, events: Array.from({ length: 300 }, (_, i) => event(1000 + i, {})) })
  const frames = await feed.read()
  t.equal(frames.length, 101)
  t.match(frames[0], 'event: gap')
  t.match(frames.at(-1), '"seq":1299')
})

t.test('a line break in a name cannot forge a message', async (t) => {
  const story = {
    ...booted,
    events: [event(9, { subject: 'x\n\nevent: action\ndata: {}\n\n' })],
    decisions: [],
    actions: []
  }
  t.equal((await createFeed(journalOf(story)).read()).join('').split('\n\n').length, 2)
})

t.test('over HTTP: woken at once, closed with the app', async (t) => {
  const { journal, tell } = changing()
  let wake = () => {}
  const app = build(t, {
    journal,
    stream: {
      subscribe: (listener) => {
        wake = listener
        return () => {}
      }
    }
  })
  const address = await app.listen({ port: 0 })
  const answer = await fetch(`${address}/api/v1/stream`)
  t.equal(answer.headers.get('content-type'), 'text/event-stream')
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  const until = async (text: string) => {
    let seen = ''
    while (!seen.includes(text)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`ended before ${text}`)
      seen += value
    }
  }
  await until('"id":"action-2"')
  tell({ ...booted, events: [...booted.events, event(811, {})] })
  wake()
  await until('"seq":811')
  await app.close()
  t.equal((await reader.read()).done, true)
})
