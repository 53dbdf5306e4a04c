import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { createBodies, UnreadableBody } from '../../src/handlers/bodies.ts'

function sender(length?: number) {
  const stream = new PassThrough()
  return Object.assign(stream, {
    headers: length === undefined ? {} : { 'content-length': String(length) }
  }) as never as PassThrough & IncomingMessage
}
type Outcome = { code: string } | { bytes: number }
const reading = (bodies: ReturnType<typeof createBodies>, from: IncomingMessage, peer: string) => {
  let over = () => {}
  const outcome = new Promise<Outcome>((resolve) => {
    over = bodies.read(from, peer, (error, body) =>
      resolve(error instanceof UnreadableBody ? { code: error.failure.code } : { bytes: body?.length ?? -1 })
    )
  })
  return { outcome, over: () => over() }
}
const limits = { biggest: 100, together: 250, withinMs: 60_000 }

t.test('beyond what all may hold, the peer that holds most loses its oldest unfinished body', async (t) => {
  const bodies = createBodies(limits)
  const flood = [sender(), sender(), sender()]
  const held = flood.map((one) => reading(bodies, one, 'attacker'))
  for (const one of flood) one.write(Buffer.alloc(70))
  const genuine = sender()
  const mine = reading(bodies, genuine, 'gitlab')
  genuine.end(Buffer.alloc(90))
  t.same(await held[0]!.outcome, { code: 'BUSY' })
  t.same(await mine.outcome, { bytes: 90 })
  for (const one of flood.slice(1)) one.end()
  t.same(await held[1]!.outcome, { bytes: 70 })
  mine.over()
  const next = sender()
  const after = reading(bodies, next, 'gitlab')
  next.end(Buffer.alloc(100))
  t.same(await after.outcome, { bytes: 100 }, 'what is over makes room')
})

t.test('too big is told by the promise, or where it turns out', async (t) => {
  const bodies = createBodies(limits)
  t.same(await reading(bodies, sender(101), 'a').outcome, { code: 'TOO_BIG' })
  const chunked = sender()
  const one = reading(bodies, chunked, 'a')
  chunked.write(Buffer.alloc(101))
  t.same(await one.outcome, { code: 'TOO_BIG' })
})

t.test('too slow is cut off, and a sender that goes away holds nothing', async (t) => {
  const bodies = createBodies({ ...limits, withinMs: 10 })
  t.same(await reading(bodies, sender(), 'a').outcome, { code: 'TOO_SLOW' })
  const patient = createBodies(limits)
  const gone = sender()
  reading(patient, gone, 'a')
  gone.write(Buffer.alloc(100))
  await new Promise(setImmediate)
  gone.destroy()
  await new Promise(setImmediate)
  const full = [sender(), sender()]
  const read = full.map((from) => reading(patient, from, 'a').outcome)
  for (const from of full) from.end(Buffer.alloc(100))
  t.same(await Promise.all(read), [{ bytes: 100 }, { bytes: 100 }])
})
