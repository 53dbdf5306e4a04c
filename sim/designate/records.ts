import { randomUUID } from 'node:crypto'
import type { Context } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Tree, text } from '../wire.ts'
import { refuse } from './rules.ts'
import { type Action, defaultQuota, type Recordset, type Status, type Zone } from './state.ts'

/** All record sets of a zone. */
export const inZone = (state: State, zoneId: string): Recordset[] =>
  [...state.recordsets.values()].filter((one) => one.zoneId === zoneId)

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

/** Adds a record set to a zone; refuses a second one of that name and type. */
export function addRecordset(
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

/** Replaces the records of a set, which makes it pending. */
export function changeRecords(target: Recordset, records: string[]): void {
  const state = records.length > 0 ? { status: 'PENDING', action: 'UPDATE' } : { status: 'ACTIVE', action: 'NONE' }
  Object.assign(target, { records, ...state, updatedAt: micros() })
  target.version += 1
}

/** Designate drops the caller's own request id (seen on Zed): only its own comes back. */
export function contextOf(call: Call): Context {
  return { service: 'designate', token: call.token, requestId: call.requestId, globalRequestId: null }
}

/** Whether a caller sees what belongs to this project: its own, and as an administrator all that it asks for. */
export function sees(call: Call, projectId: string): boolean {
  if (call.token.project.id === projectId) return true
  const all = call.headers['x-auth-all-projects'] ?? call.query.get('all_projects')
  return isAdmin(call.token) && /^(true|1)$/i.test(String(all ?? ''))
}

/** The limits of a project: those that were set, or the defaults. */
export function quotaOf(state: State, projectId: string) {
  return state.quotas.get(projectId) ?? defaultQuota()
}

/** Designate's time: naive, with microseconds that are always zero. */
export function micros(): string {
  return `${new Date().toISOString().slice(0, 19)}.000000`
}
