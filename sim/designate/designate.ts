import { randomUUID } from 'node:crypto'
import type { Bus, Context } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type ServiceApp, type Tree, text } from '../wire.ts'
import { notifiedRecordset, notifiedZone, showRecordset, showZone } from './forms.ts'
import { listed } from './listed.ts'
import { createPtrs } from './ptr.ts'
import { addRecordset, addZone, changeRecords, contextOf, inZone, micros, quotaOf, sees } from './records.ts'
import { invalid, like, overQuota, refuse, uuid } from './rules.ts'
import type { Recordset, Zone } from './state.ts'
import { enforceRecords, validate } from './validate.ts'

const PUBLISHER = 'central.sim'
const TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'SRV', 'TXT', 'SPF', 'NS', 'PTR', 'SSHFP', 'SOA', 'NAPTR', 'CAA', 'CERT']

/** DNS v2: zones, record sets, the PTR records of floating IPs, quotas. */
export function createDesignate(state: State, bus: Bus): ServiceApp {
  const notify = (context: Context, type: string, payload: Tree) =>
    bus.emit(context, 'notifications', PUBLISHER, type, payload)
  const system = (): Context => ({
    service: 'designate',
    token: null,
    requestId: `req-${randomUUID()}`,
    globalRequestId: null
  })

  function zone(call: Call, id: string): Zone {
    uuid('zone_id', id)
    const found = state.zones.get(id)
    if (!found || !sees(call, found.projectId)) throw refuse(404, 'zone_not_found', 'Could not find Zone')
    return found
  }
  function recordset(call: Call, zoneId: string, id: string): Recordset {
    uuid('recordset_id', id)
    const found = state.recordsets.get(id)
    // In this order: of another project's record set even the zone is not looked up.
    if (!found || !sees(call, found.projectId)) throw refuse(404, 'recordset_not_found', 'Could not find RecordSet')
    if (zone(call, zoneId).id !== found.zoneId) throw refuse(404, 'recordset_not_found', 'Could not find RecordSet')
    return found
  }
  const show = (call: Call, one: Recordset) => showRecordset(call, one, state.zones.get(one.zoneId)?.name ?? '')

  /** Each zone event goes out twice, under its old and its new name. */
  function notifyZone(context: Context, action: string, target: Zone): void {
    const payload = notifiedZone(target)
    notify(context, `dns.domain.${action}`, payload)
    notify(context, `dns.zone.${action}`, payload)
  }

  /** A change makes the zone pending; after a while the name servers have it, and only then the zone is notified. */
  function propagate(context: Context, target: Zone, changed: Recordset | null): void {
    target.serial = Math.max(target.serial + 1, Math.floor(Date.now() / 1000))
    target.updatedAt = micros()
    target.version += 1
    target.status = 'PENDING'
    if (target.action === 'NONE') target.action = 'UPDATE'
    const serial = target.serial
    const version = changed?.version
    setTimeout(() => {
      if (changed && changed.version === version) {
        const broken = state.dnsErrors?.test(changed.name) ?? false
        Object.assign(changed, broken ? { status: 'ERROR' } : { status: 'ACTIVE', action: 'NONE' })
      }
      if (target.serial !== serial || !state.zones.has(target.id) || target.action === 'DELETE') return
      Object.assign(target, { status: 'ACTIVE', action: 'NONE' })
      target.version += 1
      // In the system's name, with the request id of the last caller.
      notifyZone({ ...context, token: null }, 'update', target)
    }, state.dnsMs).unref()
  }

  function listRecordsets(call: Call, items: Recordset[]): Reply {
    const filters = ['name', 'type', 'ttl', 'data', 'status', 'description']
    const found = items.filter((one) =>
      filters.every((key) => {
        const wanted = call.query.get(key)
        if (wanted === null) return true
        if (key === 'data') return one.records.some((record) => like(wanted, record))
        return like(wanted, one[key as 'name' | 'type' | 'ttl' | 'status' | 'description'])
      })
    )
    return listed(call, 'recordsets', found, filters, (one) => show(call, one))
  }

  function writable(target: Zone): void {
    if (target.action === 'DELETE') throw refuse(400, 'bad_request', 'Can not update a deleting zone')
  }

  function createRecordset(call: Call, zoneId: string): Reply {
    const target = zone(call, zoneId)
    const name = text(call.body.name) ?? ''
    const type = text(call.body.type) ?? ''
    if (!Array.isArray(call.body.records)) throw invalid('records', "'records' is a required property")
    const records = [...new Set(call.body.records.map(String))]
    if (!/^(\*\.)?([\w-]{1,63}\.)+$/.test(name)) throw invalid('name', `Host name ${name} is invalid`)
    if (!TYPES.includes(type)) throw invalid('type', `'${type}' is not a supported record type`)
    writable(target)
    if (type === 'SOA') throw refuse(400, 'bad_request', 'Creating a SOA recordset is not allowed')
    const limits = quotaOf(state, target.projectId)
    if (limits.zone_recordsets >= 0 && inZone(state, zoneId).length + 1 > limits.zone_recordsets)
      throw overQuota('zone_recordsets')
    validate(state, target, call.body, name, type, records, null)
    enforceRecords(state, target, null, records.length)
    const made = addRecordset(state, target, name, type, records, call.body, null)
    notify(contextOf(call), 'dns.recordset.create', notifiedRecordset(target, made))
    propagate(contextOf(call), target, made)
    return {
      status: made.status === 'PENDING' ? 202 : 201,
      body: show(call, made),
      headers: { location: `${call.base}/v2/zones/${zoneId}/recordsets/${made.id}` }
    }
  }

  function updateRecordset(call: Call, zoneId: string, id: string): Reply {
    const target = zone(call, zoneId)
    const found = recordset(call, zoneId, id)
    if (found.managed) throw refuse(400, 'bad_request', 'Managed records may not be updated')
    if (found.type === 'SOA') throw refuse(400, 'bad_request', 'Updating SOA recordsets is not allowed')
    if (found.type === 'NS' && found.name === target.name)
      throw refuse(400, 'bad_request', 'Updating a root zone NS record is not allowed')
    writable(target)
    if (call.body.name !== undefined && call.body.name !== found.name)
      throw invalid('name', "Keys ['name'] are not valid for recordset")
    if (call.body.type !== undefined && call.body.type !== found.type)
      throw invalid('type', "Keys ['type'] are not valid for recordset")
    const records = Array.isArray(call.body.records) ? [...new Set(call.body.records.map(String))] : found.records
    validate(state, target, call.body, found.name, found.type, records, found)
    enforceRecords(state, target, found, records.length)
    if (call.body.ttl !== undefined) found.ttl = call.body.ttl as number | null
    if (call.body.description !== undefined) found.description = call.body.description as string | null
    changeRecords(found, records)
    notify(contextOf(call), 'dns.recordset.update', notifiedRecordset(target, found))
    propagate(contextOf(call), target, found)
    return { status: found.status === 'PENDING' ? 202 : 200, body: show(call, found) }
  }

  function removeRecordset(context: Context, target: Zone, found: Recordset): void {
    // Gone from the API at once; the name servers follow.
    state.recordsets.delete(found.id)
    if (found.records.length > 0) Object.assign(found, { status: 'PENDING', action: 'DELETE' })
    notify(context, 'dns.recordset.delete', notifiedRecordset(target, found))
    propagate(context, target, null)
  }

  function deleteRecordset(call: Call, zoneId: string, id: string): Reply {
    const target = zone(call, zoneId)
    const found = recordset(call, zoneId, id)
    if (found.type === 'SOA') throw refuse(400, 'bad_request', 'Deleting a SOA recordset is not allowed')
    writable(target)
    if (found.managed) throw refuse(400, 'bad_request', 'Managed records may not be deleted')
    removeRecordset(contextOf(call), target, found)
    return { status: 202, body: show(call, found) }
  }

  // --- PTR records of floating IPs

  function createZone(call: Call): Reply {
    const name = text(call.body.name)?.toLowerCase() ?? ''
    if (!name.endsWith('.')) throw invalid('name', `'${name}' is not a 'domainname'`)
    if ([...state.zones.values()].some((one) => one.name === name))
      throw refuse(409, 'duplicate_zone', 'Duplicate Zone')
    const projectId = call.token.project.id
    const limits = quotaOf(state, projectId)
    if ([...state.zones.values()].filter((one) => one.projectId === projectId).length + 1 > limits.zones)
      throw overQuota('zones')
    const made = addZone(state, projectId, name, text(call.body.email) ?? '', 'PENDING')
    if (typeof call.body.ttl === 'number') made.ttl = call.body.ttl
    made.description = text(call.body.description)
    notifyZone(contextOf(call), 'create', made)
    propagate(contextOf(call), made, null)
    return { status: 202, body: showZone(call, made) }
  }

  function deleteZone(call: Call, id: string): Reply {
    const target = zone(call, id)
    Object.assign(target, { status: 'PENDING', action: 'DELETE' })
    notifyZone(contextOf(call), 'delete', target)
    setTimeout(() => {
      state.zones.delete(id)
      for (const one of inZone(state, id)) state.recordsets.delete(one.id)
      notify({ ...contextOf(call), token: null }, 'dns.domain.update', {
        ...notifiedZone(target),
        status: 'DELETED',
        action: 'NONE'
      })
      notify({ ...contextOf(call), token: null }, 'dns.zone.update', {
        ...notifiedZone(target),
        status: 'DELETED',
        action: 'NONE'
      })
    }, state.dnsMs).unref()
    return { status: 202, body: showZone(call, target) }
  }

  function updateZone(call: Call, id: string): Reply {
    const target = zone(call, id)
    if (typeof call.body.ttl === 'number') target.ttl = call.body.ttl
    if (call.body.description !== undefined) target.description = text(call.body.description)
    notifyZone(contextOf(call), 'update', target)
    propagate(contextOf(call), target, null)
    return { status: 202, body: showZone(call, target) }
  }

  function listZones(call: Call): Reply {
    const filters = ['name', 'type', 'email', 'status', 'description', 'ttl']
    const found = [...state.zones.values()]
      .filter((one) => sees(call, one.projectId))
      .filter((one) =>
        filters.every((key) => call.query.get(key) === null || like(call.query.get(key)!, showZone(call, one)[key]))
      )
    return listed(call, 'zones', found, filters, (one) => showZone(call, one))
  }

  const { showPtr, knownFip, setPtr } = createPtrs({ state, notify, notifyZone, propagate, removeRecordset, system })

  const routes: Route[] = [
    ['GET', /^\/zones$/, listZones],
    ['POST', /^\/zones$/, createZone],
    ['GET', /^\/zones\/([^/]+)$/, (call, id) => ({ status: 200, body: showZone(call, zone(call, id!)) })],
    ['PATCH', /^\/zones\/([^/]+)$/, (call, id) => updateZone(call, id!)],
    ['DELETE', /^\/zones\/([^/]+)$/, (call, id) => deleteZone(call, id!)],
    ['GET', /^\/zones\/([^/]+)\/recordsets$/, (call, id) => listRecordsets(call, inZone(state, zone(call, id!).id))],
    ['POST', /^\/zones\/([^/]+)\/recordsets$/, (call, id) => createRecordset(call, id!)],
    [
      'GET',
      /^\/zones\/([^/]+)\/recordsets\/([^/]+)$/,
      (call, zoneId, id) => ({ status: 200, body: show(call, recordset(call, zoneId!, id!)) })
    ],
    ['PUT', /^\/zones\/([^/]+)\/recordsets\/([^/]+)$/, (call, zoneId, id) => updateRecordset(call, zoneId!, id!)],
    ['DELETE', /^\/zones\/([^/]+)\/recordsets\/([^/]+)$/, (call, zoneId, id) => deleteRecordset(call, zoneId!, id!)],
    [
      'GET',
      /^\/recordsets$/,
      (call) =>
        listRecordsets(
          call,
          [...state.recordsets.values()].filter((one) => sees(call, state.zones.get(one.zoneId)!.projectId))
        )
    ],
    [
      'GET',
      /^\/reverse\/floatingips$/,
      (call) => {
        const mine = [...state.floatingIps.values()].filter(({ projectId }) => projectId === call.token.project.id)
        const links = { self: `${call.base}/v2/reverse/floatingips` }
        return { status: 200, body: { floatingips: mine.map((fip) => showPtr(call, fip)), links, metadata: {} } }
      }
    ],
    [
      'GET',
      /^\/reverse\/floatingips\/([^/]+)$/,
      (call, key) => ({ status: 200, body: showPtr(call, knownFip(call, key!)) })
    ],
    ['PATCH', /^\/reverse\/floatingips\/([^/]+)$/, (call, key) => setPtr(call, key!)],
    [
      'GET',
      /^\/quotas\/([^/]+)$/,
      (call, id) => {
        if (id !== call.token.project.id && !isAdmin(call.token)) throw refuse(403, 'forbidden', 'Forbidden')
        return { status: 200, body: quotaOf(state, id!) }
      }
    ],
    [
      'PATCH',
      /^\/quotas\/([^/]+)$/,
      (call, id) => {
        if (!isAdmin(call.token)) throw refuse(403, 'forbidden', 'Forbidden')
        const limits = { ...quotaOf(state, id!), ...(call.body as object) }
        state.quotas.set(id!, limits)
        return { status: 200, body: limits }
      }
    ]
  ]

  return {
    name: 'designate',
    open: [
      [
        'GET',
        /^\/?$/,
        ({ base }) => ({
          status: 200,
          body: { versions: [{ id: 'v2', status: 'CURRENT', links: [{ rel: 'self', href: `${base}/v2` }] }] }
        })
      ]
    ],
    routes: routes.map(([method, path, handle]) => [method, new RegExp(path.source.replace('^', '^\\/v2')), handle]),
    fault: (status, message) => ({
      status,
      body: {
        code: status,
        type: status === 404 ? 'not_found' : 'unknown',
        message: status === 404 ? 'resource not found' : message,
        request_id: `req-${randomUUID()}`
      }
    })
  }
}
