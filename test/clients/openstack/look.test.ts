import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { NotSent, timeLimit } from '../../../src/clients/http/time-limit.ts'
import type { Method } from '../../../src/clients/openstack/answers.ts'
import type { ConnectOptions } from '../../../src/clients/openstack/http.ts'
import { Stopped } from '../../../src/core/failure.ts'
import { behindDoor, listening, until } from '../held.ts'
import { simCloud } from '../sim-cloud.ts'

const changing: readonly Method[] = ['POST', 'PUT', 'PATCH', 'DELETE']

/** What a step's calls are looked at with, until somebody says stop. */
function looking(ms = 20_000) {
  const state = { stopped: false, looks: 0 }
  const before = async () => {
    state.looks++
    if (state.stopped) throw new Stopped('stopped by alice before its call was made')
    return ms
  }
  return { state, before }
}

const said = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: Error) => `${error.name}: ${error.message}`
  )
const stopped = 'Stopped: stopped by alice before its call was made'

/** Designate of our own making: what it was asked, and how it answers. */
async function designate(
  t: Test,
  connect: ConnectOptions,
  answer: (request: IncomingMessage, response: ServerResponse) => void
) {
  const { sim, open } = await simCloud(t)
  const asked: string[] = []
  const port = await listening(
    t,
    createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      answer(request, response)
    })
  )
  const cloud = open('infra', connect, { endpointOverrides: { dns: `http://127.0.0.1:${port}` } })
  const dns = () => cloud.breakers().find((one) => one.service === 'dns')
  return { sim, cloud, asked, dns }
}

const ok = (response: ServerResponse) => response.setHeader('content-type', 'application/json').end('{}')

t.test('a stop while calls wait for a slot', async (t) => {
  const gate = Promise.withResolvers<void>()
  const at = await designate(t, { concurrency: 1 }, async (request, response) => {
    if (request.url === '/v2/held') await gate.promise
    ok(response)
  })
  const { state, before } = looking()
  const held = at.cloud.request('dns', 'GET', '/held')
  await until('the taken slot', () => at.asked.length === 1)
  const waiting = changing.map((method) => said(at.cloud.request('dns', method, '/zones', { before })))
  state.stopped = true
  gate.resolve()
  await held
  t.same(await Promise.all(waiting), [stopped, stopped, stopped, stopped])
  t.same(at.asked, ['GET /v2/held'], 'none of them was sent')
  t.match(at.dns(), { open: false, failures: 0 }, 'no failure of the service')
  await at.cloud.request('dns', 'GET', '/zones', { before })
  t.same([at.asked.length, state.looks], [2, 4], 'the slot is free again; what only reads is not looked at')
})

t.test('a stop while a call waits for its token', async (t) => {
  const at = await designate(t, {}, (_, response) => ok(response))
  const gate = Promise.withResolvers<void>()
  at.sim.faults.add({ service: 'keystone', method: 'POST', until: gate.promise })
  const { state, before } = looking()
  const waiting = said(at.cloud.request('dns', 'POST', '/zones', { before }))
  await until('the sign-in', () => at.sim.requests.some((one) => one.service === 'keystone'))
  state.stopped = true
  gate.resolve()
  t.equal(await waiting, stopped)
  t.same(at.asked, [])
})

t.test('a stop while a call waits for its connection', async (t) => {
  const asked: string[] = []
  const door = await behindDoor(t, (request, response) => {
    asked.push(request.method!)
    ok(response)
  })
  if (door === null) return void t.comment('openssl is not installed: not tested')
  const { open } = await simCloud(t)
  const cloud = open('infra', {}, { endpointOverrides: { dns: door.url }, verify: false })
  const { state, before } = looking()
  t.equal(await said(cloud.request('dns', 'POST', '/zones', { before, body: { name: 'a' } })), 'done')
  door.shut()
  const waiting = said(cloud.request('dns', 'POST', '/zones', { before }))
  await until('the connection', () => door.waiting() === 1)
  t.equal(state.looks, 1)
  state.stopped = true
  door.open()
  t.equal(await waiting, stopped)
  t.same([asked, state.looks], [['POST'], 2])
})

t.test('nothing else has its turn between the look and the call: no stop can be heard there', async (t) => {
  const at = await designate(t, {}, (_, response) => ok(response))
  await at.cloud.projectId()
  const order: string[] = []
  const sent = () => void order.push('sent')
  subscribe('http.client.request.start', sent)
  t.teardown(() => unsubscribe('http.client.request.start', sent))
  const before = async () => {
    // As when the journal has answered.
    await Promise.resolve()
    process.nextTick(() => order.push('somebody else'))
    return 20_000
  }
  await at.cloud.request('dns', 'POST', '/zones', { before })
  t.same(order, ['sent', 'somebody else'])
})

t.test('a call that is sent again with another token is looked at again', async (t) => {
  const { state, before } = looking()
  const at = await designate(t, {}, (_, response) => {
    state.stopped = at.asked.length === 1
    response.writeHead(at.asked.length === 1 || at.asked.length > 2 ? 401 : 200).end('{}')
  })
  t.equal(await said(at.cloud.request('dns', 'DELETE', '/zones/1', { before })), stopped)
  t.same([at.asked.length, state.looks], [1, 2])
  state.stopped = false
  t.equal(await said(at.cloud.request('dns', 'DELETE', '/zones/1', { before })), 'done')
  t.same([at.asked.length, state.looks], [2, 3])
})

t.test('a service that is left alone: a call that waits is not looked at; a refused trial is none', async (t) => {
  const openMs = 400
  let status = 500
  const at = await designate(t, { attempts: 1, breaker: { failures: 2, openMs } }, (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  const { state, before } = looking()
  const change = () => said(at.cloud.request('dns', 'POST', '/zones', { before }))
  for (let n = 0; n < 2; n++) t.match(await change(), /500/)
  t.match(await change(), /left alone until/)
  t.equal(state.looks, 2)

  state.stopped = true
  await until('the end of the pause', () => /the next call tries it/.test(at.dns()?.sentence ?? ''))
  t.equal(await change(), stopped)
  t.match(at.dns(), { open: true, failures: 2, sentence: /the next call tries it/ }, 'as before, without another pause')
  t.equal(at.asked.length, 2)
  status = 200
  t.equal(await said(at.cloud.request('dns', 'GET', '/zones')), 'done')
  t.match(at.dns(), { open: false, failures: 0 })
})

t.test('the time of a call is what the look gives, from then on', async (t) => {
  const at = await designate(t, {}, () => {})
  const { before } = looking(40)
  const late = at.cloud.request('dns', 'POST', '/zones', { before, timeoutMs: 60_000 })
  await t.rejects(late, { code: 'timeout', message: /no answer within 40 ms/, unknownOutcome: true })

  const limit = timeLimit(20)
  await limit.anew(async () => {
    // However long the look takes: that is no time of the call's.
    await once(AbortSignal.timeout(60), 'abort')
    return 60_000
  })
  t.same([limit.signal.aborted, limit.ms], [false, 60_000])
  await t.rejects(
    limit.anew(async () => Promise.reject(new Stopped('odd'))),
    NotSent
  )
  limit.end()
})
