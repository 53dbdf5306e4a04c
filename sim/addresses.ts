import type { State, Subnet } from './state.ts'

/** A locally unused MAC in the range that Neutron takes. */
export function newMac(state: State): string {
  const tail = [0, 0, 0].map(() => Math.floor(state.random() * 256))
  return ['fa', '16', '3e', ...tail.map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

/** A free address of the subnet: any for IPv4, made from the MAC (SLAAC) for IPv6; null when none is left. */
export function allocate(state: State, subnet: Subnet, mac: string, taken: ReadonlySet<string>): string | null {
  if (subnet.version === 6) return slaac(subnet.cidr, mac)
  const [base = '', bits = '24'] = subnet.cidr.split('/')
  const first = base.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const size = 2 ** (32 - Number(bits))
  // .0, the gateway .1 and the broadcast address are never given out.
  const count = size - 3
  const start = Math.floor(state.random() * count)
  for (let step = 0; step < count; step++) {
    const address = dotted(first + 2 + ((start + step) % count))
    if (!taken.has(address)) return address
  }
  return null
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

function slaac(cidr: string, mac: string): string {
  const prefix = cidr.replace(/::\/64$/, '').split(':')
  while (prefix.length < 4) prefix.push('0')
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => Number.parseInt(byte, 16))
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f]
  return [...prefix, ...groups.map((group) => group.toString(16))].join(':')
}
