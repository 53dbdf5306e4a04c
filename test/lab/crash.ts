// Loaded before the product (`node --import`), in each of its threads: kills the process with SIGKILL at a forced moment
// and writes down when every changing call (to Designate, or as CRASH_CALLS says) begins, what it calls and its request id, and a
// dot for each call of any kind. The product knows nothing of it.
import { appendFileSync, existsSync, rmSync } from 'node:fs'
import http from 'node:http'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'

const folder = process.env.CRASH_FOLDER!

function dieAt(moment: string): void {
  const file = join(folder, moment)
  if (!existsSync(file)) return
  rmSync(file)
  process.kill(process.pid, 'SIGKILL')
}

// Acknowledging comes after the commit. By path: the package does not export the prototype.
const { Channel } = createRequire(import.meta.url)('../../node_modules/amqplib/lib/channel_model.js')
for (const method of ['ack', 'ackAll']) {
  const original = Channel.prototype[method]
  Channel.prototype[method] = function (...args: unknown[]) {
    dieAt('after commit')
    return original.apply(this, args)
  }
}

const { request } = http
const counted = new RegExp(process.env.CRASH_CALLS ?? ':9001/')
// biome-ignore lint/suspicious/noExplicitAny: the overloads of http.request
http.request = ((url: any, options: any, done: any) => {
  appendFileSync(join(folder, 'asked'), '.')
  const changes =
    options?.method !== undefined && !['GET', 'HEAD'].includes(options.method) && counted.test(String(url))
  if (!changes) return request(url, options, done)
  const { pathname, search } = new URL(String(url))
  const id = options.headers['x-openstack-request-id'] ?? 'no id'
  const call = request(url, options, done)
  // It begins with `end`: one that is still waiting for its connection, or is refused then, has sent nothing.
  const end = call.end.bind(call)
  call.end = ((...args: Parameters<typeof end>) => {
    dieAt('before call')
    appendFileSync(join(folder, 'sent'), `${Date.now()} ${options.method} ${pathname}${search} ${id}\n`)
    return end(...args)
  }) as typeof call.end
  call.prependListener('response', (response) => response.prependListener('end', () => dieAt('after call')))
  return call
}) as typeof http.request
syncBuiltinESMExports()
