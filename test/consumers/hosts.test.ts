import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { closeBroker, consume, openBus, until } from './bus.ts'

t.setTimeout(180_000)
t.after(closeBroker)

/** A host of RabbitMQ that can be ended by itself: what comes is handed on to the real one. */
async function frontOf(t: Test, url: string, tls?: object) {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket | TLSSocket>()
  const behinds = new Set<Socket>()
  const pass = (socket: Socket | TLSSocket) => {
    const behind = connect(Number(port), hostname)
    behinds.add(behind)
    for (const [one, other] of [
      [socket, behind],
      [behind, socket]
    ] as const) {
      open.add(one)
      one
        .on('error', () => other.destroy())
        .on('close', () => other.destroy())
        .pipe(other)
    }
  }
  const server: Server = tls === undefined ? createServer(pass) : createTlsServer(tls, pass)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const end = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  t.teardown(end)
  /** From now on it says nothing any more, and takes what comes. */
  const mute = () => {
    for (const behind of behinds) behind.unpipe().resume()
  }
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, end, mute }
}

t.test('of several hosts the next one is tried, at the start and when one is lost', async (t) => {
  const bus = await openBus(t)
  const [first, second] = [await frontOf(t, bus.url), await frontOf(t, bus.url)]
  const login = 'guest:guest@'
  const changes: boolean[] = []
  const { consumer, seen, logged } = await consume(t, bus, {
    url: `rabbit://${login}127.0.0.1:1,${login}${first.at},${login}${second.at}//`,
    metrics: { connected: (is) => changes.push(is) }
  })
  t.equal(consumer.state().connected, true, 'in the first round')
  t.match(logged(), new RegExp(`no connection to RabbitMQ on 127.0.0.1:1: .*; trying ${first.at}`))
  t.match(logged(), new RegExp(`connected to RabbitMQ on ${first.at}`))
  bus.publish('compute.instance.power_off.end')
  await until(() => seen.length === 1)

  first.end()
  await until(() => changes.length === 3)
  t.match(logged(), new RegExp(`connected to RabbitMQ on ${second.at}`))
  bus.publish('compute.instance.power_on.end')
  await until(() => seen.length >= 2)
  t.notMatch(logged(), /guest/)
})

t.test('a broker that does not answer our farewell is left, and its heartbeats end', async (t) => {
  const beats = new Set<unknown>()
  const { setInterval: begin, clearInterval: end } = globalThis
  t.teardown(() => Object.assign(globalThis, { setInterval: begin, clearInterval: end }))
  globalThis.setInterval = ((...args: Parameters<typeof begin>) => {
    const timer = begin(...args)
    beats.add(timer)
    return timer
  }) as typeof begin
  globalThis.clearInterval = (timer) => {
    beats.delete(timer)
    end(timer)
  }
  const bus = await openBus(t)
  const before = beats.size
  const front = await frontOf(t, bus.url)
  const url = `amqp://guest:guest@${front.at}/`
  const { consumer } = await consume(t, bus, { url, closeMs: 100, recheckMs: 3_600_000 })
  t.ok(beats.size > before, 'heartbeats')
  front.mute()
  await consumer.close()
  await until(() => beats.size === before)
  t.equal(beats.size, before)
})

t.test('a list whose hosts all refuse waits between the rounds, and tells of each', async (t) => {
  const { consumer, logged } = await consume(t, undefined, {
    url: 'amqp://u:hunter2@127.0.0.1:1,u:hunter2@127.0.0.1:2/v'
  })
  t.equal(consumer.state().connected, false)
  t.match(logged(), /127\.0\.0\.1:1 \(vhost v\): .*; trying 127\.0\.0\.1:2/)
  t.match(logged(), /127\.0\.0\.1:2 \(vhost v\): .*; next try in \d+ ms/)
  t.notMatch(logged(), /hunter2/)
})

t.test('amqps with a certificate of our own, checked by both sides', async (t) => {
  const folder = t.testdir({})
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  for (const name of ['ca', 'broker', 'reflex', 'stranger']) openssl('genrsa', '-out', `${name}.key`, '2048')
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=ca', '-days', '2', '-out', 'ca.pem')
  openssl('req', '-x509', '-new', '-key', 'stranger.key', '-subj', '/CN=stranger', '-days', '2', '-out', 'stranger.pem')
  for (const name of ['broker', 'reflex']) {
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1']
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, ...names, '-out', `${name}.csr`)
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`
    )
  }
  const file = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(file(name))
  const bus = await openBus(t)
  const tls = {
    key: read('broker.key'),
    cert: read('broker.pem'),
    ca: read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true
  }
  const { at } = await frontOf(t, bus.url, tls)
  const own = { cacert: file('ca.pem'), cert: file('reflex.pem'), key: file('reflex.key') }

  const { consumer, seen } = await consume(t, bus, { url: `amqps://guest:guest@${at}`, ...own })
  t.equal(consumer.state().connected, true)
  bus.publish('compute.instance.power_off.end')
  await until(() => seen.length === 1)
  await consumer.close()

  const query = `ssl=1&ssl_ca_file=${own.cacert}&ssl_cert_file=${own.cert}&ssl_key_file=${own.key}`
  const oslo = await consume(t, bus, { url: `rabbit://guest:guest@${at}//?${query}` })
  t.equal(oslo.consumer.state().connected, true, 'as oslo writes it')
  await oslo.consumer.close()

  const wrong: [object, RegExp][] = [
    [{ ...own, cacert: undefined }, /certificate/],
    [{ ...own, cacert: file('stranger.pem') }, /certificate/],
    [{ cacert: own.cacert }, /no connection/],
    [{ ...own, cacert: file('nowhere.pem') }, /nowhere\.pem cannot be read \(ENOENT\)/]
  ]
  for (const [files, reason] of wrong) {
    const refused = await consume(t, bus, { url: `amqps://guest:guest@${at}`, ...files })
    t.equal(refused.consumer.state().connected, false, `${reason}`)
    t.match(refused.logged(), reason)
    await refused.consumer.close()
  }
})
