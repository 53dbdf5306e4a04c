import type { Volume } from '../../clients/cinder/cinder.ts'
import type { FloatingIpUse } from '../../clients/neutron/floating-ip-use.ts'
import type { Server } from '../../clients/nova/nova.ts'

/** The kinds of resources that the policy looks at. */
export type ResourceKind = 'server' | 'volume' | 'floatingip'

/** What this policy sees in a resource. unknown: its service does not say, or says what cannot be; nothing follows from it. */
export type State = 'error' | 'shutoff' | 'unattached' | 'used' | 'unknown'

/** A state as people read it. */
export const stateText: Readonly<Record<State, string>> = {
  ...{ error: 'in ERROR', shutoff: 'in SHUTOFF', unattached: 'attached to nothing' },
  ...{ used: 'in use', unknown: 'unknown' }
}

/** A server, volume or floating IP, with all that is decided on. Times are ms since the epoch. */
export interface HygieneSubject {
  readonly kind: ResourceKind
  readonly id: string
  /** Keystone's id of its project, and the cluster whose that is. */
  readonly project: string
  readonly cluster: string
  /** For people: the name, of a floating IP the address. */
  readonly name: string
  readonly state: State
  /** Why it is unknown; null: it is not. */
  readonly doubt: string | null
  readonly createdAt: number | null
  /** When its service says that it changed last, in whatever way; null: it does not say. */
  readonly changedAt: number | null
  /** Neutron's revision of it; null: Neutron does not say, or it is no floating IP. */
  readonly revision: number | null
  /** Where its own people wrote that it is to be kept, e.g. `its description`; null: nowhere. */
  readonly keptBy: string | null
}

/** The same with what the journal remembers. */
export interface KnownSubject extends HygieneSubject {
  /** Since when every look has found it in this state. */
  readonly seenSince: number
  /** What else of us uses it, a sentence each: then it is not released. */
  readonly heldBy: readonly string[]
}

interface Place {
  readonly project: string
  readonly cluster: string
}

/** Reduces a server to what this policy looks at; `keep`: the word that keeps it. */
export function idleServer(server: Server, place: Place, keep: string): HygieneSubject {
  const { id, name, status, created, updated, metadata } = server
  const state: State =
    status === 'ERROR' ? 'error' : status === 'SHUTOFF' ? 'shutoff' : status === 'UNKNOWN' ? 'unknown' : 'used'
  const doubt = state === 'unknown' ? 'its cell does not answer' : null
  const times = { createdAt: timeOf(created), changedAt: timeOf(updated) }
  const keptBy = Object.hasOwn(metadata, keep) ? 'its metadata' : null
  return known(
    { kind: 'server', id, ...place, name: name ?? id, state, doubt, ...times, revision: null, keptBy },
    server
  )
}

/** Reduces a volume to what this policy looks at. */
export function idleVolume(volume: Volume, place: Place, keep: string): HygieneSubject {
  const { id, name, description, status, attachments, metadata, createdAt, updatedAt } = volume
  const spare = attachments === 0 && (status === 'available' || status === 'error')
  const times = { createdAt: timeOf(createdAt), changedAt: timeOf(updatedAt ?? createdAt) }
  const keptBy = Object.hasOwn(metadata, keep) ? 'its metadata' : says(description, keep) ? 'its description' : null
  const read = {
    kind: 'volume',
    id,
    ...place,
    name: name || id,
    doubt: null,
    ...times,
    revision: null,
    keptBy
  } as const
  return known({ ...read, state: spare ? 'unattached' : 'used' }, volume)
}

/** Reduces a floating IP to what this policy looks at: unattached only where nothing whatsoever says that it leads somewhere. */
export function idleFloatingIp(use: FloatingIpUse, place: Place, keep: string): HygieneSubject {
  const { id, address, createdAt, updatedAt, revision } = use
  const doubt = doubtOf(use)
  const used = use.portId !== null || (use.forwardings ?? 0) > 0
  const times = { createdAt: timeOf(createdAt), changedAt: timeOf(updatedAt) }
  const keptBy = use.tags.includes(keep)
    ? 'one of its tags'
    : says(use.description, keep)
      ? 'its description'
      : use.dnsName !== null
        ? `its DNS name ${use.dnsName}`
        : null
  const read = { kind: 'floatingip', id, ...place, name: address, ...times, revision, keptBy } as const
  return known({ ...read, doubt, state: used ? 'used' : doubt === null ? 'unattached' : 'unknown' }, use)
}

/** What a floating IP without a port must not say; null: it is consistent. */
function doubtOf({ unsaid = [], portId, fixedAddress, routerId, forwardings }: FloatingIpUse): string | null {
  if (unsaid.length > 0) return `Neutron leaves ${unsaid.join(' and ')} of it empty`
  if (portId !== null) return null
  if (fixedAddress !== null) return `Neutron says that it is on no port, and leads to ${fixedAddress}`
  if (forwardings === null) return 'nobody says whether ports of it are forwarded'
  if (routerId !== null && forwardings === 0) return `Neutron says that it is on no port, and on router ${routerId}`
  return null
}

/** What is another project's than was asked for says nothing. */
function known(subject: HygieneSubject, { projectId }: { readonly projectId: string | null }): HygieneSubject {
  if (projectId === subject.project) return subject
  const whose = projectId === null ? 'its service does not say whose it is' : `it is project ${projectId}’s`
  return { ...subject, state: 'unknown', doubt: whose }
}

/** Whether a text has this word. */
const says = (text: string, word: string): boolean =>
  text
    .toLowerCase()
    .split(/[^a-z0-9_-]+/)
    .includes(word)

function timeOf(text: string | null): number | null {
  const ms = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}
