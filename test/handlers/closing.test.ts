import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { wireLimits } from '../../src/handlers/wire.ts'
import { build } from './build.ts'

/** A connection that is there by now, and has sent this. */
async function connected(t: Test, url: string, said: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  const ended = once(socket, 'close')
  socket.on('error', () => {})
  if (said !== '') await new Promise<void>((done) => socket.write(said, () => done()))
  // The server has seen what came before this.
  await (await fetch(`${url}/healthz`)).text()
  return { socket, ended }
}

t.test('a connection on which nothing is asked keeps no app from closing', async (t) => {
  const app = build(t)
  const { socket, ended } = await connected(t, await app.listen({ host: '127.0.0.1', port: 0 }), '')
  socket.resume()
  await app.close()
  await ended
  t.pass('closed')
})

t.test('half a request, and a stream that nobody reads, are cut when the time of a request is over', async (t) => {
  const app = build(t, { limits: { ...wireLimits, requestMs: 50 } })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const half = await connected(t, url, 'POST /api/v1/stops HTTP/1.1\r\nhost: 127.0.0.1\r\n')
  half.socket.resume()
  await connected(t, url, 'GET /api/v1/stream HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  await app.close()
  await half.ended
  t.pass('closed')
})
