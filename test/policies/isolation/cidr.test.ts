import fc from 'fast-check'
import t from 'tap'
import { overlaps, parseRange, type Range, union, within, worldly } from '../../../src/policies/isolation/cidr.ts'
import { allListed, parsePorts } from '../../../src/policies/isolation/ports.ts'

t.test('what is a range, and what is none', async (t) => {
  const cases: readonly [string, string | null][] = [
    ['10.0.0.0/8', '4 10.0.0.0 10.255.255.255'],
    ['10.1.2.3', '4 10.1.2.3 10.1.2.3'],
    ['10.1.2.3/8', '4 10.0.0.0 10.255.255.255'],
    ['0.0.0.0/0', '4 0.0.0.0 255.255.255.255'],
    ['::ffff:10.0.0.0/104', '4 10.0.0.0 10.255.255.255'],
    ['::ffff:0:0/96', '4 0.0.0.0 255.255.255.255'],
    ['::ffff:a00:1', '4 10.0.0.1 10.0.0.1'],
    ['fd00::/64', '6 fd000000000000000000000000000000 fd00000000000000ffffffffffffffff'],
    ['1:2:3:4:5:6:7:8', '6 10002000300040005000600070008 10002000300040005000600070008'],
    ['::', '6 0 0'],
    ['10.0.0/8', null],
    ['10.0.0.256', null],
    ['10.0.0.0/33', null],
    ['10.0.0.0/-1', null],
    ['10.0.0.0/', null],
    ['10.0.0.0/8/8', null],
    ['fd00::1::2', null],
    ['1:2:3:4:5:6:7', null],
    ['1:2:3:4:5:6:7::8', null],
    ['::/129', null],
    ['any', null],
    ['', null]
  ]
  const dotted = (value: bigint) => [24n, 16n, 8n, 0n].map((by) => (value >> by) & 255n).join('.')
  const shown = (range: Range | null) => {
    if (range === null) return null
    const text = (value: bigint) => (range.family === 4 ? dotted(value) : value.toString(16))
    return `${range.family} ${text(range.first)} ${text(range.last)}`
  }
  for (const [text, expected] of cases) t.equal(shown(parseRange(text)), expected, text)
})

// Ranges in 256 addresses, so that every address can be asked.
const base = parseRange('198.51.100.0/24')!.first
const small = fc
  .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
  .map(([host, length]) => parseRange(`198.51.100.${host}/${length}`)!)
const addresses = [...Array(256).keys()].map((n) => base + BigInt(n))
const has = (ranges: readonly Range[], address: bigint) =>
  ranges.some((range) => range.first <= address && address <= range.last)

t.test('properties: ranges are what their addresses are', async () => {
  fc.assert(
    fc.property(small, small, fc.array(small, { maxLength: 6 }), (one, other, many) => {
      const both = addresses.some((address) => has([one], address) && has([other], address))
      if (overlaps(one, other) !== both) throw new Error('overlaps')
      const inside = addresses.every((address) => !has([one], address) || has(many, address))
      if (within(one, many) !== inside) throw new Error('within')
      const merged = union(many)
      for (const address of addresses)
        if (has(merged, address) !== has(many, address)) throw new Error(`union: ${address}`)
      for (const [n, range] of merged.entries())
        if (n > 0 && range.first <= merged[n - 1]!.last + 1n) throw new Error('union: two parts touch')
    })
  )
})

t.test('properties: what is written is what is read, in both families', async () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, length) => {
      const v4 = parseRange(`${address}/${length}`)!
      const asV6 = parseRange(`::ffff:${address}/${length + 96}`)!
      if (v4.first !== asV6.first || v4.last !== asV6.last || asV6.family !== 4) throw new Error('mapped')
      if (v4.last - v4.first + 1n !== 1n << BigInt(32 - length)) throw new Error('size')
    })
  )
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, length) => {
      const range = parseRange(`${address}/${length}`)
      if (range === null) throw new Error('not read')
      const size = 1n << BigInt(range.family === 6 ? 128 - length : Math.max(0, 128 - length))
      if (range.last - range.first + 1n !== size) throw new Error('size')
      const whole = new URL(`http://[${address}]/`).hostname.slice(1, -1)
      if (parseRange(whole)!.first !== parseRange(address)!.first)
        throw new Error('the same address, written otherwise')
    })
  )
})

t.test('ranges that touch in one address overlap, those beside each other do not', async (t) => {
  const cases: readonly [string, string, boolean][] = [
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.0/24', '10.0.0.255', true],
    ['10.0.0.0', '10.0.0.0/24', true],
    ['10.0.0.0/24', '10.0.1.0', false],
    ['::a00:5', '10.0.0.5', false],
    ['::ffff:10.0.0.5', '10.0.0.5', true]
  ]
  for (const [one, other, expected] of cases) {
    t.equal(overlaps(parseRange(one)!, parseRange(other)!), expected, `${one} ${other}`)
    t.equal(overlaps(parseRange(other)!, parseRange(one)!), expected, `${other} ${one}`)
  }
})

t.test('the world, whole and in pieces', async (t) => {
  const cases: readonly [string, readonly string[], readonly boolean[]][] = [
    ['all of IPv4', ['0.0.0.0/0'], [true]],
    ['all of IPv6', ['::/0'], [true]],
    ['what is in use of IPv6', ['2000::/3'], [true]],
    ['all of IPv4, as IPv6', ['::ffff:0:0/96'], [true]],
    ['two halves', ['0.0.0.0/1', '128.0.0.0/1'], [true, true]],
    ['one half is wide enough', ['128.0.0.0/1'], [true]],
    ['an office', ['203.0.113.0/24'], [false]],
    ['a provider', ['80.0.0.0/8'], [false]],
    ['private, however wide', ['10.0.0.0/8', 'fc00::/7', '172.16.0.0/12'], [false, false, false]],
    ['wider than private', ['8.0.0.0/5'], [true]],
    ['an office and a provider beside the world', ['203.0.113.0/24', '80.0.0.0/8', '0.0.0.0/0'], [false, false, true]],
    ['private beside the world', ['10.0.0.0/8', '0.0.0.0/0'], [false, true]]
  ]
  for (const [name, texts, expected] of cases)
    t.strictSame(worldly(texts.map((text) => parseRange(text)!)), expected, name)
  const pieces = [...Array(256).keys()].map((n) => parseRange(`${n}.0.0.0/8`)!)
  t.ok(
    worldly(pieces).every((open, n) => open || n === 10),
    '256 pieces'
  )
  t.notOk(worldly(pieces.slice(0, 40)).some(Boolean), '40 pieces are a long list of networks')
})

t.test('ports: what is listed as public', async (t) => {
  const listed = ['443/tcp', '8000-8010/tcp', '8011-8020/tcp', '53/udp', 'icmp'].map((text) => parsePorts(text)!)
  const cases: readonly [string | null, number | null, number | null, boolean][] = [
    ['tcp', 443, 443, true],
    ['6', 443, 443, true],
    ['tcp', 8000, 8020, true],
    ['tcp', 8000, 8021, false],
    ['tcp', 442, 443, false],
    ['tcp', null, null, false],
    ['udp', 443, 443, false],
    ['17', 53, 53, true],
    [null, null, null, false],
    ['any', 443, 443, false],
    ['0', 443, 443, false],
    ['icmp', 8, 0, true],
    ['1', null, null, true],
    ['icmpv6', null, null, true],
    ['58', null, null, true],
    ['112', null, null, false]
  ]
  for (const [protocol, portMin, portMax, expected] of cases)
    t.equal(allListed({ protocol, portMin, portMax }, listed), expected, `${protocol} ${portMin}-${portMax}`)
  t.ok(allListed({ protocol: 'tcp', portMin: null, portMax: null }, [parsePorts('1-65535/tcp')!]), 'all of tcp')
  for (const text of ['443', 'tcp', '0-70000/tcp', '90-80/tcp', '443/icmp', 'any', ''])
    t.equal(parsePorts(text), null, text)
})
