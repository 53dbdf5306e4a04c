import { withoutEnd } from '../../core/without-end.ts'

/** What the names of one part are made for; its placeholder is the thing's own name. */
export type NamedKind = 'server' | 'loadbalancer'

const common = ['project', 'cluster', 'network', 'address', 'zone'] as const
type Placeholder = NamedKind | (typeof common)[number]

/** Makes one DNS label out of any text: lower case, runs of anything else become one `-`; null when nothing is left. */
export function label(text: string): string | null {
  const cleaned = text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 200)
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return cleaned === '' ? null : cleaned
}

/** Mistakes of a name template, as sentences. */
export function templateMistakes(template: string, named: NamedKind = 'server'): readonly string[] {
  const placeholders: readonly string[] = [named, ...common]
  const used = [...template.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]!)
  const unknown = used.filter((name) => !placeholders.includes(name))
  const mistakes = unknown.map(
    (name) => `unknown placeholder {${name}}; placeholders are ${placeholders.map((p) => `{${p}}`).join(' ')}`
  )
  if (!template.endsWith('.{zone}'))
    mistakes.push(`must end in .{zone}, so that the name lies in the zone: '${template}'`)
  if (!used.includes(named) && !used.includes('address'))
    mistakes.push(`needs {${named}} or {address}: all names would be one`)
  return mistakes
}

/** Fills a template; the answer is a fully qualified name in lower case, or the reason why there is none. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<Placeholder, string>>
): { name: string } | { none: string } {
  let none: string | undefined
  const name = template.replace(/\{([^}]*)\}/g, (_, key: Placeholder) => {
    if (key === 'zone') return values.zone.toLowerCase()
    const filled = label(key === 'address' ? values.address.replace(/[.:]+/g, '-') : values[key])
    if (filled === null) none ??= `${key} '${values[key]}' has no letter or digit to make a DNS label of`
    return filled ?? ''
  })
  if (none !== undefined) return { none }
  if (name.length > 255) return { none: `the name would be ${name.length} characters long, 255 are allowed` }
  return { name: name.toLowerCase() }
}

/** A name as whoever gave it wrote it, before any label was made of it. */
export interface Written {
  /** What the template makes of it unchanged; for people. */
  readonly text: string
  /** The thing's own name, empty where the template does not use it. */
  readonly own: string
  /** The thing's own name or its network's was changed or cut. */
  readonly changed: boolean
  /** The project's name or the cluster's was, which are the same for all of a project. */
  readonly placeChanged: boolean
}

/** Returns what a name was before `fillTemplate` made labels of it: two that differ here are two names, whatever became of them. */
export function written(template: string, values: Readonly<Record<Placeholder, string>>): Written {
  const used = [...template.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] as Placeholder)
  const differs = (key: Placeholder) => used.includes(key) && label(values[key]) !== values[key]
  const own = used.includes('server') ? values.server : used.includes('loadbalancer') ? values.loadbalancer : ''
  const text = template.replace(/[^{}]+|\{[^}]*\}/g, (part) =>
    part.startsWith('{')
      ? part === '{zone}'
        ? values.zone.toLowerCase()
        : values[part.slice(1, -1) as Placeholder]
      : part.toLowerCase()
  )
  return {
    text,
    own,
    changed: differs('server') || differs('loadbalancer') || differs('network'),
    placeChanged: differs('project') || differs('cluster')
  }
}

/** Says why a name may never be written, or null. */
export function reservedReason(name: string, zone: string, reserved: readonly string[]): string | null {
  if (name === zone.toLowerCase()) return `${name} is the apex of its zone: reserved`
  if (name.startsWith('*.')) return `${name} is a wildcard: reserved`
  if (name.split('.').some((part) => part.startsWith('_'))) return `${name} has a label with an underscore: reserved`
  const asked = reserved.find((one) => absolute(one) === name)
  return asked === undefined ? null : `${name} is reserved by the configuration (settings.reserved)`
}

/** Makes a name fully qualified: lower case, with the trailing dot. */
export function absolute(name: string): string {
  return `${withoutEnd(name.toLowerCase(), '.')}.`
}

/** Tells whether a name lies in a zone, or is its apex. */
export function isInZone(name: string, zone: string): boolean {
  return name === zone.toLowerCase() || name.endsWith(`.${zone.toLowerCase()}`)
}

/** The 16 bytes of an IPv6 address as 32 hexadecimal digits (RFC 4291 section 2.2). */
function hexDigits(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => group.padStart(4, '0')))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array<string>(zeros).fill('0000'), ...right].join('')
}

/** Canonicalises an address: IPv6 compressed as RFC 5952 has it. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address
  return new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1)
}

/** Derives the reverse name of an address: `10.0.0.5` → `5.0.0.10.in-addr.arpa.`; IPv6 by nibbles (RFC 3596 section 2.5). */
export function reverseName(address: string): string {
  if (address.includes(':')) return `${[...hexDigits(address)].reverse().join('.')}.ip6.arpa.`
  return `${address.split('.').reverse().join('.')}.in-addr.arpa.`
}

/** Parses the address out of a reverse name; null where it is none of a single address. */
export function addressOfReverse(name: string): string | null {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa\.$/.exec(name)
  if (v4 !== null) return v4.slice(1).reverse().join('.')
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa\.$/.exec(name)
  if (v6 === null) return null
  const digits = v6[1]!.replaceAll('.', '').split('').reverse().join('')
  return canonicalAddress(digits.match(/.{4}/g)!.join(':'))
}
