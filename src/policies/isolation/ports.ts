/** Protocol and ports; of ICMP, `from` and `to` say nothing. */
export interface PortRange {
  readonly protocol: string
  readonly from: number
  readonly to: number
}

const byNumber: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '33': 'dccp',
  '58': 'ipv6-icmp',
  '132': 'sctp',
  '136': 'udplite'
}

/** Normalises a protocol, however Neutron was told: name, number, or an old name; null: any. */
export function protocolName(protocol: string | null): string | null {
  const lower = protocol?.toLowerCase() ?? 'any'
  // Neutron takes 0 for any as well.
  if (lower === 'any' || lower === '0') return null
  if (lower === 'icmpv6') return 'ipv6-icmp'
  return byNumber[lower] ?? lower
}

const withPorts = ['tcp', 'udp', 'sctp', 'dccp', 'udplite']

/** Parses `443/tcp`, `30000-32767/udp`, `icmp`, `vrrp`; null where it is none of these. */
export function parsePorts(text: string): PortRange | null {
  const match = /^(?:(\d{1,5})(?:-(\d{1,5}))?\/)?([a-z][a-z0-9-]*)$/.exec(text.toLowerCase())
  const protocol = match === null ? null : protocolName(match[3]!)
  if (match === null || protocol === null) return null
  const from = Number(match[1] ?? 0)
  const to = Number(match[2] ?? match[1] ?? 65_535)
  if (from > to || to > 65_535) return null
  // A bare `tcp` would be every port: whoever wants that writes 1-65535/tcp.
  if ((match[1] === undefined) === withPorts.includes(protocol)) return null
  return { protocol, from, to }
}

/** Tells whether all that a rule opens is listed; `portMin` and `portMax` null: every port. */
export function allListed(
  rule: { readonly protocol: string | null; readonly portMin: number | null; readonly portMax: number | null },
  listed: readonly PortRange[]
): boolean {
  const protocol = protocolName(rule.protocol)
  if (protocol === null) return false
  const own = listed.filter((one) => one.protocol === protocol).sort((a, b) => a.from - b.from)
  // `icmp` covers its IPv6 form, and types and codes are not told apart.
  if (!withPorts.includes(protocol))
    return own.length > 0 || (protocol === 'ipv6-icmp' && listed.some((one) => one.protocol === 'icmp'))
  let next = rule.portMin ?? 1
  const last = rule.portMax ?? 65_535
  for (const { from, to } of own) {
    if (from > next) return false
    next = Math.max(next, to + 1)
    if (next > last) return true
  }
  return next > last
}
