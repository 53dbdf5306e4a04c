import { cellsOf, fits, limitsOf, setLimits } from '../quota/limits.ts'
import type { State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, tree } from '../wire.ts'
import type { VolumeType } from './state.ts'
import { administrator, overLimit, refuse } from './wire.ts'

const DEFAULTS = {
  ...{ volumes: 10, snapshots: 10, gigabytes: 1000, per_volume_gigabytes: -1 },
  ...{ backups: 10, backup_gigabytes: 1000, groups: 10 }
} as const

/** What Cinder allows a project of which nobody said anything; each volume type adds three keys by its name. */
function defaults(state: State): Readonly<Record<string, number>> {
  const ofTypes = [...state.volumeTypes.values()].flatMap(({ name }) =>
    ['volumes', 'gigabytes', 'snapshots'].map((key) => [`${key}_${name}`, -1] as const)
  )
  return { ...DEFAULTS, ...Object.fromEntries(ofTypes) }
}

/** How much a project has, in all and by type; snapshots take gigabytes as well. */
function cinderUsage(state: State, projectId: string): Readonly<Record<string, number>> {
  const used: Record<string, number> = Object.fromEntries(Object.keys(defaults(state)).map((key) => [key, 0]))
  const add = (key: 'volumes' | 'snapshots', typeId: string, size: number) => {
    const type = state.volumeTypes.get(typeId)?.name
    for (const suffix of ['', `_${type}`]) {
      used[`${key}${suffix}`] = (used[`${key}${suffix}`] ?? 0) + 1
      used[`gigabytes${suffix}`] = (used[`gigabytes${suffix}`] ?? 0) + size
    }
  }
  for (const one of state.volumes.values()) if (one.projectId === projectId) add('volumes', one.typeId, one.size)
  for (const one of state.snapshots.values())
    if (one.projectId === projectId) add('snapshots', state.volumes.get(one.volumeId)?.typeId ?? '', one.size)
  return used
}

/** All limits of a project with what it has. */
export function cinderCells(state: State, projectId: string) {
  return cellsOf(limitsOf(state.limits.cinder, projectId, defaults(state)), cinderUsage(state, projectId))
}

/** Throws Cinder's 413 when a project would get more than it may have, in all or of a type. */
export function checkCinderQuota(
  state: State,
  projectId: string,
  type: VolumeType | undefined,
  wanted: { readonly volumes?: number; readonly snapshots?: number; readonly gigabytes: number; readonly size: number }
): void {
  const limits = limitsOf(state.limits.cinder, projectId, defaults(state))
  const used = cinderUsage(state, projectId)
  if (!fits(limits.per_volume_gigabytes!, 0, wanted.size)) {
    const message = `Requested volume size ${wanted.size}G is larger than maximum allowed limit ${limits.per_volume_gigabytes}G.`
    throw overLimit('VolumeSizeExceedsLimit', message)
  }
  for (const key of ['gigabytes', 'snapshots', 'volumes'] as const) {
    const amount = wanted[key] ?? 0
    const over = [key, `${key}_${type?.name}`].find(
      (name) => amount > 0 && !fits(limits[name] ?? -1, used[name] ?? 0, amount)
    )
    if (over === undefined) continue
    if (key === 'gigabytes') {
      const message = `Requested volume or snapshot exceeds allowed ${over} quota. Requested ${amount}G, quota is ${limits[over]}G and ${used[over]}G has been consumed.`
      throw overLimit('VolumeSizeExceedsAvailableQuota', message)
    }
    if (key === 'snapshots')
      throw overLimit('SnapshotLimitExceeded', `Maximum number of snapshots allowed (${limits[over]}) exceeded`)
    const message = `Maximum number of volumes allowed (${limits[over]}) exceeded for quota '${over}'.`
    throw overLimit('VolumeLimitExceeded', message)
  }
}

/** `/os-quota-sets`. Ids of projects are not looked at: a wrong one gets limits too. */
export function cinderQuotaRoutes(state: State): Route[] {
  const limits = (projectId: string) => limitsOf(state.limits.cinder, projectId, defaults(state))

  function readable(call: Call, projectId: string): void {
    if (isAdmin(call.token) || projectId === call.token.project.id) return
    throw refuse(403, "Policy doesn't allow volume_extension:quotas:show to be performed.")
  }

  function show(call: Call, projectId: string): Reply {
    readable(call, projectId)
    const values = limits(projectId)
    if (!/^(true|1|yes|on)$/i.test(call.query.get('usage') ?? ''))
      return { status: 200, body: { quota_set: { ...values, id: projectId } } }
    const used = cinderUsage(state, projectId)
    const cells = Object.entries(values).map(([key, limit]) => [key, { limit, in_use: used[key] ?? 0, reserved: 0 }])
    return { status: 200, body: { quota_set: { ...Object.fromEntries(cells), id: projectId } } }
  }

  function update(call: Call, projectId: string): Reply {
    administrator(call, 'volume_extension:quotas:update')
    const { tenant_id: _, id: __, ...wanted } = tree(call.body.quota_set)
    const known = defaults(state)
    const bad = Object.keys(wanted).filter((key) => !(key in known))
    if (bad.length > 0) throw refuse(400, `Invalid input received: Bad key(s) in quota set: ${bad.join(', ')}`)
    for (const [key, value] of Object.entries(wanted)) {
      if (!Number.isInteger(Number(value))) throw refuse(400, `${key} must be an integer.`)
      if (Number(value) < -1) throw refuse(400, `${key} must be >= -1`)
    }
    const change = Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, Number(value)]))
    const used = cinderUsage(state, projectId)
    for (const [key, limit] of Object.entries(change)) {
      if (key === 'per_volume_gigabytes' || fits(limit, used[key] ?? 0, 0)) continue
      const message = `Quota ${key} limit must be equal or greater than existing resources. Current usage is ${used[key]} and the requested limit is ${limit}.`
      throw refuse(400, message)
    }
    setLimits(state.limits.cinder, projectId, change)
    return { status: 200, body: { quota_set: limits(projectId) } }
  }

  return [
    ['GET', /^\/os-quota-sets\/([^/]+)$/, (call, id) => show(call, id!)],
    [
      'GET',
      /^\/os-quota-sets\/([^/]+)\/defaults$/,
      (call, id) => {
        readable(call, id!)
        return { status: 200, body: { quota_set: { ...defaults(state), id } } }
      }
    ],
    ['PUT', /^\/os-quota-sets\/([^/]+)$/, (call, id) => update(call, id!)],
    [
      'DELETE',
      /^\/os-quota-sets\/([^/]+)$/,
      (call, id) => {
        administrator(call, 'volume_extension:quotas:delete')
        state.limits.cinder.delete(id!)
        return { status: 200 }
      }
    ]
  ]
}
