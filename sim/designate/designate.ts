import { randomUUID } from 'node:crypto'
import type { Bus, Context } from '../notify.ts'
import type { FloatingIp, State, Token } from '../state.ts'
import { type Call, isAdmin, page, type Reply, type Route, type ServiceApp, type Tree, text } from '../wire.ts'
import { notifiedRecordset, notifiedZone, REGION, showRecordset, showZone } from './forms.ts'
import { invalid, like, overQuota, refuse, uuid } from './rules.ts'
import { type Action, defaultQuota, type Recordset, type Status, type Zone } from './state.ts'

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
  const inZone = (zoneId: string) => [...state.recordsets.values()].filter((one) => one.zoneId === zoneId)

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

  function listed<Item extends { readonly id: string; readonly createdAt: string }>(
    call: Call,
    key: string,
    items: readonly Item[],
    filters: readonly string[],
    render: (item: Item) => Tree
  ): Reply {
    const unknown = [...call.query.keys()].filter(
      (name) => ![...filters, 'limit', 'marker', 'sort_key', 'sort_dir', 'all_projects'].includes(name)
    )
    if (unknown.length > 0) throw refuse(400, 'bad_request', `Invalid filters ${unknown.join(', ')}`)
    const sorted = items.toSorted(
      (one, other) => one.createdAt.localeCompare(other.createdAt) || (one.id < other.id ? -1 : 1)
    )
    const wanted = Number(call.query.get('limit') ?? 20)
    if (wanted < 1) throw refuse(400, 'invalid_limit', 'limit should be an integer between 1 and 1000')
    const part = page(sorted, call.query, { standard: 20, max: 1000 })
    if (!part) throw refuse(400, 'marker_not_found', `Marker ${call.query.get('marker')} could not be found`)
    const links: Tree = { self: `${call.base}${call.path}${call.query.size ? `?${call.query}` : ''}` }
    const asked = call.query.get('limit')
    const limit = asked === null ? 20 : asked === 'max' ? 1000 : Number(asked)
    const last = part.items.at(-1)
    // As the real one: a next link also after a last page that is full.
    if (last && part.items.length === limit) {
      const query = new URLSearchParams(call.query)
      query.set('marker', last.id)
      links.next = `${call.base}${call.path}?${query}`
    }
    const counted = !/^(true|1|yes|on)$/i.test(String(call.headers['openstack-dns-hide-counts'] ?? ''))
    return {
      status: 200,
      body: { [key]: part.items.map(render), links, metadata: counted ? { total_count: items.length } : {} }
    }
  }

  function writable(target: Zone): void {
    if (target.action === 'DELETE') throw refuse(400, 'bad_request', 'Can not update a deleting zone')
  }

  function validate(
    target: Zone,
    wanted: Tree,
    name: string,
    type: string,
    records: readonly string[],
    self: Recordset | null
  ): void {
    const ttl = wanted.ttl
    if (ttl !== undefined && ttl !== null && (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl < 0))
      throw invalid('ttl', `'${ttl}' is not a valid ttl`)
    const description = wanted.description
    if (typeof description === 'string' && description.length > 160)
      throw invalid('description', `Must be shorter than 160 characters`)
    for (const record of records) {
      if (type === 'A' && !/^\d{1,3}(\.\d{1,3}){3}$/.test(record))
        throw invalid('records', `'${record}' is not a valid A record`)
      if (type === 'AAAA' && !/^[\da-f:.]*:[\da-f:.]*$/i.test(record))
        throw invalid('records', `'${record}' is not a valid AAAA record`)
      if ((type === 'CNAME' || type === 'PTR') && !record.endsWith('.'))
        throw invalid('records', `'${record}' is not a valid ${type} record`)
      if (type === 'TXT' && /\s/.test(record) && !/^".*"$/.test(record))
        throw invalid('records', `'${record}' is not a 'TXT' Record`)
    }
    if (name !== target.name && !name.endsWith(`.${target.name}`)) {
      throw refuse(400, 'invalid_recordset_location', "RecordSet is not contained within it's parent zone")
    }
    if (type === 'CNAME' && name === target.name) {
      throw refuse(400, 'invalid_recordset_location', 'CNAME recordsets may not be created at the zone apex')
    }
    const beside = inZone(target.id).filter(
      (one) => one !== self && one.name === name && (type === 'CNAME' || one.type === 'CNAME')
    )
    if (beside.length > 0 && !(beside.length === 1 && beside[0]!.type === type)) {
      throw refuse(400, 'invalid_recordset_location', 'CNAME recordsets may not share a name with any other records')
    }
  }

  function enforceRecords(target: Zone, self: Recordset | null, count: number): void {
    const limits = quotaOf(state, target.projectId)
    const others = inZone(target.id).filter((one) => one !== self && !one.managed)
    const total = others.reduce((sum, one) => sum + one.records.length, 0) + count
    if (limits.zone_records >= 0 && total > limits.zone_records) throw overQuota('zone_records')
    if (limits.recordset_records >= 0 && count > limits.recordset_records) throw overQuota('recordset_records')
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
    if (limits.zone_recordsets >= 0 && inZone(zoneId).length + 1 > limits.zone_recordsets)
      throw overQuota('zone_recordsets')
    validate(target, call.body, name, type, records, null)
    enforceRecords(target, null, records.length)
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
    validate(target, call.body, found.name, found.type, records, found)
    enforceRecords(target, found, records.length)
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

  const ptrOf = (fip: FloatingIp) =>
    [...state.recordsets.values()].find(({ managed }) => managed?.address === fip.address) ?? null

  /** As the real one: a record that a former owner of the address left is deleted by the next one who looks. */
  function ownPtr(fip: FloatingIp, token: Token): Recordset | null {
    const found = ptrOf(fip)
    if (!found || found.managed?.projectId === token.project.id) return found
    removeRecordset(system(), state.zones.get(found.zoneId)!, found)
    return null
  }

  function showPtr(call: Call, fip: FloatingIp): Tree {
    const found = ownPtr(fip, call.token)
    const id = `${REGION}:${fip.id}`
    return {
      id,
      description: found?.managed?.description ?? null,
      address: fip.address,
      ptrdname: found?.records[0] ?? null,
      ttl: found ? (found.ttl ?? state.zones.get(found.zoneId)!.ttl) : null,
      action: found?.action ?? 'NONE',
      status: found?.status ?? 'INACTIVE',
      links: { self: `${call.base}/v2/reverse/floatingips/${id}` }
    }
  }

  function fipOf(call: Call, key: string): { fip: FloatingIp | null; region: string; id: string } {
    const parts = /^([\w.-]{1,100}):([\da-f-]{36})$/i.exec(decodeURIComponent(key))
    if (!parts) throw refuse(400, 'bad_request', `Floating IP ${key} is not in the format of <region>:<uuid>`)
    const [, region = '', id = ''] = parts
    const found = state.floatingIps.get(id)
    const fip = found && region === REGION && found.projectId === call.token.project.id ? found : null
    return { fip, region, id }
  }

  function knownFip(call: Call, key: string): FloatingIp {
    const { fip, region, id } = fipOf(call, key)
    if (!fip)
      throw refuse(
        404,
        'not_found',
        `FloatingIP ${id} in ${region} is not associated for project "${call.token.project.id}"`
      )
    return fip
  }

  function setPtr(call: Call, key: string): Reply {
    const { ptrdname, description, ttl } = call.body
    if (ptrdname === null) {
      const { region, id } = fipOf(call, key)
      const found = [...state.recordsets.values()].find(
        ({ managed }) => managed?.fipId === id && managed.projectId === call.token.project.id
      )
      if (!found) throw refuse(404, 'not_found', `No such FloatingIP ${region}:${id}`)
      removeRecordset(contextOf(call), state.zones.get(found.zoneId)!, found)
      return { status: 202 }
    }
    if (typeof ptrdname !== 'string' || !ptrdname.endsWith('.'))
      throw invalid('ptrdname', `'${ptrdname}' is not a 'domainname'`)
    const fip = knownFip(call, key)
    const octets = fip.address.split('.')
    const zoneName = `${octets.slice(0, 3).reverse().join('.')}.in-addr.arpa.`
    const context = contextOf(call)
    let target = [...state.zones.values()].find(({ name }) => name === zoneName)
    if (!target) {
      // Nobody's: the project of managed resources.
      target = addZone(state, '00000000-0000-0000-0000-000000000000', zoneName, 'email@example.io.', 'PENDING')
      notifyZone(context, 'create', target)
    }
    const name = `${octets[3]}.${zoneName}`
    const managed = {
      fipId: fip.id,
      address: fip.address,
      projectId: call.token.project.id,
      description: text(description)
    }
    const found = inZone(target.id).find((one) => one.name === name && one.type === 'PTR')
    if (found) {
      Object.assign(found, { managed, ttl: ttl ?? null })
      changeRecords(found, [ptrdname])
      notify(context, 'dns.recordset.update', notifiedRecordset(target, found))
      propagate(context, target, found)
    } else {
      const made = addRecordset(state, target, name, 'PTR', [ptrdname], { ttl: ttl ?? null }, managed)
      notify(context, 'dns.recordset.create', notifiedRecordset(target, made))
      propagate(context, target, made)
    }
    return { status: 202, body: showPtr(call, fip) }
  }

  // --- zones

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
      for (const one of inZone(id)) state.recordsets.delete(one.id)
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

  const routes: Route[] = [
    ['GET', /^\/zones$/, listZones],
    ['POST', /^\/zones$/, createZone],
    ['GET', /^\/zones\/([^/]+)$/, (call, id) => ({ status: 200, body: showZone(call, zone(call, id!)) })],
    ['PATCH', /^\/zones\/([^/]+)$/, (call, id) => updateZone(call, id!)],
    ['DELETE', /^\/zones\/([^/]+)$/, (call, id) => deleteZone(call, id!)],
    ['GET', /^\/zones\/([^/]+)\/recordsets$/, (call, id) => listRecordsets(call, inZone(zone(call, id!).id))],
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

/** Makes a zone with its SOA and NS record sets, which its quota counts. */
export function addZone(state: State, projectId: string, name: string, email: string, status: Status): Zone {
  const action: Action = status === 'PENDING' ? 'CREATE' : 'NONE'
  const zone: Zone = {
    ...{ id: randomUUID(), name, projectId, email, ttl: 3600, serial: Math.floor(Date.now() / 1000), status, action },
    ...{ description: null, createdAt: micros(), updatedAt: null, version: 1 }
  }
  state.zones.set(zone.id, zone)
  const soa = `ns1.cloud.lab. ${email.replace('@', '.')}. ${zone.serial} 3529 600 86400 3600`
  for (const [type, record] of [
    ['SOA', soa],
    ['NS', 'ns1.cloud.lab.']
  ] as const) {
    const made = addRecordset(state, zone, name, type, [record], {}, null)
    Object.assign(made, { status: 'ACTIVE', action: 'NONE' })
  }
  return zone
}

function addRecordset(
  state: State,
  zone: Zone,
  name: string,
  type: string,
  records: string[],
  wanted: Tree,
  managed: Recordset['managed']
): Recordset {
  const made: Recordset = {
    ...{ id: randomUUID(), zoneId: zone.id, projectId: zone.projectId, name, type, records, managed },
    ...{ ttl: typeof wanted.ttl === 'number' ? wanted.ttl : null, description: text(wanted.description) },
    // Its status is that of its records; without any it has nothing to wait for.
    ...(records.length > 0
      ? { status: 'PENDING' as const, action: 'CREATE' as const }
      : { status: 'ACTIVE' as const, action: 'NONE' as const }),
    ...{ createdAt: micros(), updatedAt: null, version: 1 }
  }
  // The database's unique constraint speaks after everything else was checked.
  const twin = [...state.recordsets.values()].some(
    (one) => one.zoneId === zone.id && one.type === type && one.name.toLowerCase() === name.toLowerCase()
  )
  if (twin) throw refuse(409, 'duplicate_recordset', 'Duplicate RecordSet')
  state.recordsets.set(made.id, made)
  return made
}

function changeRecords(target: Recordset, records: string[]): void {
  const state = records.length > 0 ? { status: 'PENDING', action: 'UPDATE' } : { status: 'ACTIVE', action: 'NONE' }
  Object.assign(target, { records, ...state, updatedAt: micros() })
  target.version += 1
}

/** Designate drops the caller's own request id (seen on Zed): only its own comes back. */
function contextOf(call: Call): Context {
  return { service: 'designate', token: call.token, requestId: call.requestId, globalRequestId: null }
}

function sees(call: Call, projectId: string): boolean {
  if (call.token.project.id === projectId) return true
  const all = call.headers['x-auth-all-projects'] ?? call.query.get('all_projects')
  return isAdmin(call.token) && /^(true|1)$/i.test(String(all ?? ''))
}

function quotaOf(state: State, projectId: string) {
  return state.quotas.get(projectId) ?? defaultQuota()
}

/** Designate's time: naive, with microseconds that are always zero. */
function micros(): string {
  return `${new Date().toISOString().slice(0, 19)}.000000`
}
