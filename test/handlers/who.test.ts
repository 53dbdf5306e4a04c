import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { assert, constantFrom, integer, property, string, uint8Array } from 'fast-check'
import t from 'tap'
import type { Token } from '../../src/config/config.ts'
import { bearerOf, isLocalAddress, localActor, tokenHolder, uidOf } from '../../src/handlers/who.ts'

const actorOf = (presented: string, tokens: readonly Token[]) => tokenHolder(presented, tokens, 0)?.actor ?? null
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const alice = { actor: 'alice', groups: ['sre'], sha256: sha256('correct-horse') }
const bob = { actor: 'bob', groups: [], sha256: sha256('battery-staple') }

t.test('a token stands for who it was given to', async (t) => {
  t.same(actorOf('correct-horse', [alice, bob]), { name: 'alice', groups: ['sre'], local: false })
  t.same(actorOf('battery-staple', [alice, bob]), { name: 'bob', groups: [], local: false })
  for (const other of ['', 'correct-hors', 'correct-horse ', 'CORRECT-HORSE', alice.sha256])
    t.equal(actorOf(other, [alice, bob]), null, `'${other}'`)
  t.equal(actorOf('correct-horse', []), null)
})

t.test('a hash that is empty, short or no hash is nobody’s', async (t) => {
  for (const wrong of ['', alice.sha256.slice(2), `${alice.sha256}00`, 'z'.repeat(64)])
    for (const presented of ['correct-horse', ''])
      t.equal(actorOf(presented, [{ ...alice, sha256: wrong }]), null, wrong)
})

t.test('one bit more or less, in the token or in the hash, is another token', async (t) => {
  const token = 'x7Jd+u1rN0c/2bq='
  const known = { ...alice, sha256: sha256(token) }
  t.ok(actorOf(token, [known]))
  assert(
    property(integer({ min: 0, max: token.length - 1 }), integer({ min: 0, max: 6 }), (at, bit) => {
      const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit))
      return actorOf(token.slice(0, at) + flipped + token.slice(at + 1), [known]) === null
    })
  )
  assert(
    property(integer({ min: 0, max: 31 }), integer({ min: 0, max: 7 }), (at, bit) => {
      const hash = Buffer.from(known.sha256, 'hex')
      hash[at]! ^= 1 << bit
      return actorOf(token, [{ ...known, sha256: hash.toString('hex') }]) === null
    })
  )
})

t.test('the header: Bearer and one token, nothing else', async (t) => {
  assert(
    property(uint8Array({ minLength: 1, maxLength: 64 }), constantFrom('Bearer', 'bearer', 'BEARER'), (bytes, word) => {
      const token = Buffer.from(bytes).toString('base64')
      return bearerOf(`${word} ${token}`) === token
    })
  )
  // Whatever comes in: nothing is thrown, and what is read has the form of a token.
  assert(
    property(string({ unit: 'binary', maxLength: 200 }), (text) => {
      const read = bearerOf(text) ?? bearerOf(`Bearer ${text}`)
      return read === null || (/^[A-Za-z0-9._~+/-]+=*$/.test(read) && text.includes(read))
    })
  )
  for (const wrong of [
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Bearer\ta',
    'aBearer b'
  ])
    t.equal(bearerOf(wrong), null, wrong)
})

t.test('addresses of this machine', async (t) => {
  for (const one of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) t.ok(isLocalAddress(one), one)
  for (const one of [undefined, '', '10.0.0.1', '::', '::ffff:10.0.0.1', 'fe80::1', '12.7.0.1'])
    t.notOk(isLocalAddress(one), String(one))
})

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (local: string, remote: string, st: string, uid: number, inode = 4711) =>
  `   1: ${local} ${remote} ${st} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 20`
const us = { remoteAddress: '127.0.0.1', remotePort: 50_000, localAddress: '127.0.0.1', localPort: 8080 }
const uid = (...rows: readonly string[]) => uidOf([head, ...rows].join('\n'), us, true)

t.test('the uid of the other end, and of no other socket', async (t) => {
  t.equal(uid(row('0100007F:C350', '0100007F:1F90', '01', 1000)), 1000)
  t.equal(uid(row('0100007F:1F90', '0100007F:C350', '01', 0)), null, 'our own end')
  t.equal(uid(row('0100007F:C350', '0100007F:1F90', '06', 0)), null, 'TIME_WAIT is listed as of uid 0')
  t.equal(uid(row('0100007F:C350', '0100007F:1F90', '01', 0, 0)), null, 'nobody holds it any more')
  const others = [
    row('0200007F:C350', '0100007F:1F90', '01', 0),
    row('0200007F:C350', '0100007F:1F90', '06', 0),
    row('0100007F:C350', '0200007F:1F90', '01', 0),
    row('00000000000000000000000001000000:C350', '00000000000000000000000001000000:1F90', '01', 0)
  ]
  t.equal(uid(...others), null, 'the same ports between other addresses')
  t.equal(uid(...others, row('0100007F:C350', '0100007F:1F90', '01', 1000)), 1000)
  t.equal(uid('', 'garbage', row('0100007F:C350', '0100007F:1F90', '01', -1)), null)
  t.equal(uidOf(row('7F000001:C350', '7F000001:1F90', '01', 7), us, false), 7, 'the other byte order')
})

t.test('IPv6, and IPv4 within it', async (t) => {
  const six = { ...us, remoteAddress: '::1', localAddress: '::1' }
  const one = '00000000000000000000000001000000'
  t.equal(uidOf(row(`${one}:C350`, `${one}:1F90`, '01', 5), six, true), 5)
  const mapped = { ...us, remoteAddress: '::ffff:127.0.0.1', localAddress: '::ffff:127.0.0.1' }
  const within = '0000000000000000FFFF00000100007F'
  t.equal(uidOf(row(`${within}:C350`, `${within}:1F90`, '01', 5), mapped, true), 5)
  t.equal(uidOf(row('0100007F:C350', '0100007F:1F90', '01', 5), mapped, true), 5, 'a client of IPv4 only')
})

t.test('on a real connection it is us; without /proc it is unknown', async (t) => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer().listen(0, host)
    const listening = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false)
    ])
    if (!listening) {
      t.comment(`no ${host} here`)
      continue
    }
    const client = connect((server.address() as AddressInfo).port, host)
    const [socket] = (await once(server, 'connection')) as [Socket]
    t.teardown(() => {
      client.destroy()
      socket.destroy()
      server.close()
    })
    const known = process.platform === 'linux' ? process.getuid!() : 'unknown'
    t.same(await localActor(socket), { name: `local:${known}`, groups: [], local: true }, host)
    t.match(await localActor(socket, () => Promise.reject(new Error('ENOENT'))), { name: 'local:unknown' })
  }
  t.match(await localActor({}), { name: 'local:unknown' })
})
