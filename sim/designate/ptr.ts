import type { Context } from '../notify.ts'
import type { FloatingIp, State, Token } from '../state.ts'
import { type Call, type Reply, type Tree, text } from '../wire.ts'
import { notifiedRecordset, REGION } from './forms.ts'
import { addRecordset, addZone, changeRecords, contextOf, inZone } from './records.ts'
import { invalid, refuse } from './rules.ts'
import type { Recordset, Zone } from './state.ts'

/** What PTR records need of Designate. */
export interface PtrTools {
  readonly state: State
  notify(context: Context, type: string, payload: Tree): void
  notifyZone(context: Context, action: string, target: Zone): void
  /** Makes the zone pending, and after a while active. */
  propagate(context: Context, target: Zone, changed: Recordset | null): void
  removeRecordset(context: Context, target: Zone, found: Recordset): void
  /** A request of Designate's own. */
  system(): Context
}

/** PTR records of floating IPs, which Designate keeps in zones of its own: `/reverse/floatingips`. */
export function createPtrs({ state, notify, notifyZone, propagate, removeRecordset, system }: PtrTools) {
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
    const found = inZone(state, target.id).find((one) => one.name === name && one.type === 'PTR')
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

  return { showPtr, knownFip, setPtr }
}
