import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Event, Ignored } from '../../src/events/event.ts'
import { kinds } from '../../src/events/openstack/kinds.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { raw, recorded } from './recorded.ts'

const where = { openstack: 'lab', region: 'RegionOne' }
const all = recorded()

/** What the recording says, by the shortest way: no part of the normaliser. */
interface Plain {
  readonly exchange: string
  readonly message: {
    message_id: string
    event_type: string
    timestamp: string
    payload: Payload
    [key: string]: unknown
  }
}
// biome-ignore lint/suspicious/noExplicitAny: payloads are whatever a service sent
type Payload = any

const plain: readonly Plain[] = all.map(({ exchange, body }) => {
  const outer = JSON.parse(body)
  return { exchange, message: JSON.parse(outer['oslo.message']) }
})

function normalised(at: number): readonly (Event | Ignored)[] {
  const result = normaliseOpenstack(raw(all[at]!), where)
  return result.ok ? [...result.events, ...result.ignored] : []
}

t.test('every recorded notification becomes events or is ignored', async (t) => {
  for (const [at, { message }] of plain.entries()) {
    const found = normalised(at)
    if (found.length === 0) t.fail(`${message.event_type} became nothing`)
  }
  t.ok(all.length > 500)
})

t.test('ids, types, times and request ids are those of the message', async (t) => {
  for (const [at, { message }] of plain.entries()) {
    for (const [n, found] of normalised(at).entries()) {
      const expected = {
        id: `${message.message_id}/${message.event_type}#${n}`,
        type: message.event_type,
        time: `${message.timestamp.replace(' ', 'T')}${message.timestamp.includes('.') ? '' : '.000000'}Z`
      }
      if (found.id !== expected.id || found.type !== expected.type || found.time !== expected.time) {
        t.same({ id: found.id, type: found.type, time: found.time }, expected)
      }
      if (!('requestId' in found)) continue
      const request = message._context_request_id ?? message.payload.initiator?.request_id ?? null
      if (found.requestId !== request) t.equal(found.requestId, request, message.event_type)
    }
  }
  t.pass(`${all.length} messages`)
})

t.test('subjects and projects are where each service puts them', async (t) => {
  for (const [at, { exchange, message }] of plain.entries()) {
    for (const [n, found] of normalised(at).entries()) {
      const expected = owner(exchange, message.event_type, single(message.payload, n))
      if (expected === undefined) continue
      const actual = { subject: found.subject, project: found.project }
      if (actual.subject !== expected.subject || actual.project !== expected.project) {
        t.same(actual, expected, message.event_type)
      }
    }
  }
  t.pass(`${all.length} messages`)
})

t.test('addresses are those of the server or the port', async (t) => {
  let compared = 0
  for (const [at, { message }] of plain.entries()) {
    for (const [n, found] of normalised(at).entries()) {
      if (!('data' in found) || !('addresses' in found.data)) continue
      const { port, fixed_ips, 'nova_object.data': data } = single(message.payload, n)
      const listed: string[] = (port?.fixed_ips ?? fixed_ips ?? data?.ip_addresses ?? []).map(
        (ip: Payload) => ip['nova_object.data']?.address ?? ip.ip_address ?? ip.address
      )
      if (`${found.data.addresses}` !== `${listed}`) t.same(found.data.addresses, listed, message.event_type)
      if (listed.length > 0) compared++
    }
  }
  t.ok(compared > 50, `${compared} with addresses`)
})

t.test('the table in the documentation is the table in the code', async (t) => {
  t.same(documented(), kinds)
})

t.test('every recorded kind is treated as the documentation says', async (t) => {
  const rows = documented()
  const seen = new Set<string>()
  for (const [at, { exchange, message }] of plain.entries()) {
    const type = message.event_type
    if (seen.has(`${exchange} ${type}`)) continue
    seen.add(`${exchange} ${type}`)
    const row =
      rows.find(({ types }) => !types.includes('*') && matches(types, type)) ??
      rows.find(({ types }) => matches(types, type))!
    for (const found of normalised(at)) {
      const actual = 'data' in found ? { becomes: found.data.kind } : { ignored: found.reason }
      if (row.ignored !== undefined) t.same(actual, { ignored: row.ignored }, type)
      else t.same(actual, { becomes: row.becomes }, type)
      if (row.service !== 'any') t.equal(found.source, `/openstack/lab/RegionOne/${row.service}`, type)
    }
  }
})

/** The nth object of a bulk notification, as a notification of its own would have it. */
function single(payload: Payload, n: number): Payload {
  for (const one of ['port', 'floatingip', 'network', 'subnet', 'security_group_rule']) {
    if (payload[`${one}s`]) return { [one]: payload[`${one}s`][n] }
  }
  return payload
}

/** The rows of the table under "Every kind". */
function documented(): { service: string; types: string; becomes?: string; ignored?: string }[] {
  const page = readFileSync(new URL('../../docs/notifications.md', import.meta.url), 'utf8')
  const section = page.slice(page.indexOf('## Every kind'), page.indexOf('## What nobody sends'))
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`'))
    .map((line) => {
      const [, service, types, becomes, ignored] = line.split('|').map((cell) => cell.trim())
      const row = { service: service!, types: types!.replaceAll('`', '') }
      return becomes === '' ? { ...row, ignored: ignored! } : { ...row, becomes: becomes! }
    })
}

function matches(types: string, type: string): boolean {
  const source = types
    .replaceAll('.', '\\.')
    .replaceAll('*', '.*')
    .replace(/\{([^}]*)\}/g, (_, choices: string) => `(${choices.replaceAll(',', '|')})`)
  return new RegExp(`^${source}$`).test(type)
}

/** undefined where the recording holds it in a way of its own, which has a test with the shape written out. */
function owner(exchange: string, type: string, payload: Payload): { subject: unknown; project: unknown } | undefined {
  const [resource] = type.split('.') as [string]
  const data = payload['nova_object.data']
  switch (exchange) {
    case 'nova':
      if (data?.uuid && data.tenant_id) return { subject: data.uuid, project: data.tenant_id }
      return payload.instance_id && payload.tenant_id
        ? { subject: payload.instance_id, project: payload.tenant_id }
        : undefined
    case 'neutron':
      if (resource === 'binding') return { subject: null, project: null }
      if (type.startsWith('router.interface')) {
        return { subject: payload.router_interface.id, project: payload.router_interface.tenant_id }
      }
      if (type.endsWith('.create.start')) return { subject: null, project: null }
      if (type.endsWith('.update.start')) return { subject: payload.id, project: null }
      if (type.endsWith('.delete.start')) return { subject: payload[`${resource}_id`], project: null }
      return payload[resource] && { subject: payload[resource].id, project: payload[resource].project_id }
    case 'keystone':
      if (type.includes('role_assignment'))
        return { subject: payload.user ?? payload.group, project: payload.project ?? null }
      return (
        payload.resource_info && {
          subject: payload.resource_info,
          project: resource === 'identity' && type.includes('.project.') ? payload.resource_info : null
        }
      )
    case 'openstack':
      return {
        subject: payload.snapshot_id && resource === 'snapshot' ? payload.snapshot_id : payload.volume_id,
        project: payload.tenant_id
      }
    case 'glance':
      return type.includes('.member.')
        ? { subject: payload.image_id, project: null }
        : { subject: payload.id, project: payload.owner }
    case 'octavia':
      return { subject: payload.loadbalancer_id, project: payload.project_id }
    case 'designate':
      return payload.id && { subject: payload.id, project: payload.tenant_id }
    default:
      throw new Error(`an exchange that this test does not know: ${exchange}`)
  }
}
