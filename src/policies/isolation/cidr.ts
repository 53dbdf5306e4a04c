/** Addresses from `first` to `last`, both inside. IPv4-mapped IPv6 (`::ffff:0:0/96`) is IPv4. */
export interface Range {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

const mapped = 0xffffn << 32n
const bits = { 4: 32n, 6: 128n } as const

/** Parses an address or prefix such as `10.0.0.0/8`, `10.0.0.5`, `fd00::/8` into its range; null where it is none. */
export function parseRange(text: string): Range | null {
  const [address = '', length, ...rest] = text.trim().split('/')
  const family = address.includes(':') ? 6 : 4
  const value = family === 6 ? parseV6(address) : parseV4(address)
  if (value === null || rest.length > 0) return null
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null
  const width = bits[family]
  const prefix = length === undefined ? width : BigInt(length)
  if (prefix > width) return null
  const host = (1n << (width - prefix)) - 1n
  const first = value & ~host
  const last = first | host
  if (family === 6 && first >= mapped && last <= mapped + 0xffffffffn)
    return { family: 4, first: first - mapped, last: last - mapped }
  return { family, first, last }
}

function parseV4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return null
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function parseV6(text: string): bigint | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted !== null) {
    const v4 = parseV4(dotted[2]!)
    if (v4 === null) return null
    return parseV6(`${dotted[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`)
  }
  const halves = text.split('::')
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail = []] = groups
  if (![...head, ...tail].every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const all = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail]
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

/** Ranges merged and in order: none touches another. */
export function union(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = []
  for (const range of [...ranges].sort((a, b) => a.family - b.family || compare(a.first, b.first))) {
    const before = merged.at(-1)
    if (before === undefined || before.family !== range.family || range.first > before.last + 1n) merged.push(range)
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last }
  }
  return merged
}

const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)

/** Tells whether two ranges have an address in common. */
export const overlaps = (a: Range, b: Range): boolean => a.family === b.family && a.first <= b.last && b.first <= a.last

/** Tells whether every address of the range is in one of the others. */
export const within = (range: Range, others: readonly Range[]): boolean =>
  union(others).some((one) => one.family === range.family && one.first <= range.first && range.last <= one.last)

const world = { 4: parseRange('0.0.0.0/0')!, 6: parseRange('::/0')! } as const

/** Returns the range of every address of a family. */
export const anywhere = (family: 4 | 6): Range => world[family]

// What no router of the internet forwards: a wide range in here is wide, and yet not the world.
const inside = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10'].map(
  (text) => parseRange(text)!
)
// A prefix of 7 bits (IPv4) or 15 bits (IPv6) is more than any one network has.
const wide = { 4: 1n << 25n, 6: 1n << 113n } as const
// Of IPv6 only 2000::/3 is in use, an eighth of it.
const half = { 4: 1n << 31n, 6: 1n << 124n } as const

const size = (range: Range) => range.last - range.first + 1n

/**
 * Finds the ranges that are open to the world: so wide that it is nobody's network, or one of many that together cover half of it. The
 * wide ones do not count there: an office stays an office beside `0.0.0.0/0`.
 */
export function worldly(ranges: readonly Range[]): readonly boolean[] {
  const isWide = (range: Range) => size(range) >= wide[range.family]
  const outside = ranges.filter((range) => !within(range, inside))
  const narrow = union(outside.filter((range) => !isWide(range)))
  const together = (family: 4 | 6) =>
    narrow.filter((range) => range.family === family).reduce((sum, range) => sum + size(range), 0n) >= half[family]
  const open = { 4: together(4), 6: together(6) }
  return ranges.map((range) => outside.includes(range) && (isWide(range) || open[range.family]))
}
