import { UNIFIED_NAMES, unifiedLimit } from '../keystone/unified.ts'
import { cellsOf, fits, limitsOf, setLimits } from '../quota/limits.ts'
import type { Flavor, State } from '../state.ts'
import { type Call, isAdmin, type Refusal, type Reply, type Route, type Tree, tree } from '../wire.ts'

/** What Nova allows a project of which nobody said anything. */
export const NOVA_DEFAULTS: Readonly<Record<string, number>> = {
  ...{ instances: 10, cores: 20, ram: 51_200, metadata_items: 128, key_pairs: 100 },
  ...{ server_groups: 10, server_group_members: 10 },
  ...{ injected_files: 5, injected_file_content_bytes: 10_240, injected_file_path_bytes: 255 },
  ...{ fixed_ips: -1, floating_ips: -1, security_groups: -1, security_group_rules: -1 }
}
/** nova-network's, until 2.35. */
const NETWORK_KEYS = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules']
/** Until 2.56. */
const INJECTED_KEYS = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes']
/** How much a project has; a server counts from its request until it is deleted, shelved or not. */
function novaUsage(state: State, projectId: string): Readonly<Record<string, number>> {
  const flavors = [...state.servers.values()].filter((one) => one.projectId === projectId).map(({ flavor }) => flavor)
  const sum = (key: 'vcpus' | 'ram') => flavors.reduce((total, flavor) => total + flavor[key], 0)
  return { instances: flavors.length, cores: sum('vcpus'), ram: sum('ram') }
}

function novaLimits(state: State, projectId: string): Readonly<Record<string, number>> {
  if (!state.releases.unifiedLimits) return limitsOf(state.limits.nova, projectId, NOVA_DEFAULTS)
  // Of the others Nova shows the registered limit, whatever the project's own is.
  const own = (key: string) => (['instances', 'cores', 'ram'].includes(key) ? projectId : null)
  const ofKeystone = (key: string) => unifiedLimit(state, 'nova', own(key), UNIFIED_NAMES[key]!)
  return Object.fromEntries(Object.keys(NOVA_DEFAULTS).map((key) => [key, UNIFIED_NAMES[key] ? ofKeystone(key) : -1]))
}

/** All limits of a project with what it has. */
export function novaCells(state: State, projectId: string) {
  return cellsOf(novaLimits(state, projectId), novaUsage(state, projectId))
}

/** Throws Nova's 403 when a project would get more servers, cores or memory than it may have. */
export function checkNovaQuota(
  state: State,
  projectId: string,
  change: { readonly instances: number; readonly from: Flavor | null; readonly to: Flavor },
  refuse: (status: number, message: string) => Refusal
): void {
  const limits = novaLimits(state, projectId)
  const used = novaUsage(state, projectId)
  const wanted: Record<string, number> = {
    cores: change.to.vcpus - (change.from?.vcpus ?? 0),
    instances: change.instances,
    ram: change.to.ram - (change.from?.ram ?? 0)
  }
  const over = Object.keys(wanted).filter((key) => wanted[key]! > 0 && !fits(limits[key]!, used[key]!, wanted[key]!))
  if (over.length === 0) return
  if (state.releases.unifiedLimits) {
    const infos = over.map(
      (key) =>
        `Resource ${UNIFIED_NAMES[key]} is over limit of ${limits[key]} due to current usage ${used[key]} and delta ${wanted[key]}`
    )
    throw refuse(403, `Project ${projectId} is over a limit for [${infos.join(', ')}]`)
  }
  const all = (of: Readonly<Record<string, number>>) => over.map((key) => of[key]).join(', ')
  const names = over.join(', ')
  throw refuse(
    403,
    `Quota exceeded for ${names}: Requested ${all(wanted)}, but already used ${all(used)} of ${all(limits)} ${names}`
  )
}

/** `/os-quota-sets`, and `/limits` of the caller's project. */
export function novaQuotaRoutes(
  state: State,
  microversion: (call: Call) => number,
  refuse: (status: number, message: string) => Refusal
): Route[] {
  const known = (call: Call) => {
    const minor = microversion(call)
    return Object.keys(NOVA_DEFAULTS).filter(
      (key) => !(minor >= 36 && NETWORK_KEYS.includes(key)) && !(minor >= 57 && INJECTED_KEYS.includes(key))
    )
  }
  const shown = (call: Call, values: Readonly<Record<string, unknown>>): Tree =>
    Object.fromEntries(known(call).map((key) => [key, values[key]]))

  function allowed(call: Call, projectId: string, verb: string): void {
    if (isAdmin(call.token) || (verb !== 'update' && verb !== 'delete' && projectId === call.token.project.id)) return
    throw refuse(403, `Policy doesn't allow os_compute_api:os-quota-sets:${verb} to be performed.`)
  }

  function projectExists(projectId: string): void {
    if (!state.projects.has(projectId)) throw refuse(400, `Project ID ${projectId} is not a valid project.`)
  }

  function show(call: Call, projectId: string, detail: boolean): Reply {
    allowed(call, projectId, detail ? 'detail' : 'show')
    projectExists(projectId)
    const limits = novaLimits(state, projectId)
    const used = novaUsage(state, projectId)
    const details = Object.fromEntries(
      Object.keys(limits).map((key) => [key, { limit: limits[key], in_use: used[key] ?? 0, reserved: 0 }])
    )
    return { status: 200, body: { quota_set: { id: projectId, ...shown(call, detail ? details : limits) } } }
  }

  function update(call: Call, projectId: string): Reply {
    allowed(call, projectId, 'update')
    const { force = false, ...wanted } = tree(call.body.quota_set)
    for (const [key, value] of Object.entries(wanted)) {
      if (!known(call).includes(key)) {
        const message = `Invalid input for field/attribute quota_set. Value: ${JSON.stringify(call.body.quota_set)}. Additional properties are not allowed ('${key}' was unexpected)`
        throw refuse(400, message)
      }
      if (!/^-?\d+$/.test(String(value)) || Number(value) < -1)
        throw refuse(
          400,
          `Invalid input for field/attribute ${key}. Value: ${value}. ${value} is less than the minimum of -1`
        )
    }
    projectExists(projectId)
    // The whole request is answered as if it had been done.
    if (!state.releases.unifiedLimits) {
      const used = novaUsage(state, projectId)
      const limits = Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, Number(value)]))
      for (const [key, limit] of Object.entries(limits)) {
        const minimum = used[key] ?? 0
        if (isTrue(force) || fits(limit, minimum, 0)) continue
        const message = `Quota limit ${limit} for ${key} must be greater than or equal to already used and reserved ${minimum}.`
        throw refuse(400, message)
      }
      setLimits(state.limits.nova, projectId, limits)
    }
    return { status: 200, body: { quota_set: shown(call, novaLimits(state, projectId)) } }
  }

  function absolute(call: Call): Reply {
    const projectId = call.query.get('tenant_id') ?? call.token.project.id
    if (projectId !== call.token.project.id && !isAdmin(call.token))
      throw refuse(403, "Policy doesn't allow os_compute_api:limits:other_project to be performed.")
    const limits = novaLimits(state, projectId)
    const used = novaUsage(state, projectId)
    const values = {
      ...{ maxTotalInstances: limits.instances, maxTotalCores: limits.cores, maxTotalRAMSize: limits.ram },
      ...{ maxServerMeta: limits.metadata_items, maxTotalKeypairs: limits.key_pairs },
      ...{ maxServerGroups: limits.server_groups, maxServerGroupMembers: limits.server_group_members },
      ...{ totalInstancesUsed: used.instances, totalCoresUsed: used.cores, totalRAMUsed: used.ram },
      totalServerGroupsUsed: 0
    }
    return { status: 200, body: { limits: { rate: [], absolute: values } } }
  }

  return [
    ['GET', /^\/os-quota-sets\/([^/]+)$/, (call, id) => show(call, id!, false)],
    ['GET', /^\/os-quota-sets\/([^/]+)\/detail$/, (call, id) => show(call, id!, true)],
    [
      'GET',
      /^\/os-quota-sets\/([^/]+)\/defaults$/,
      (call, id) => ({ status: 200, body: { quota_set: { id, ...shown(call, novaLimits(state, '')) } } })
    ],
    ['PUT', /^\/os-quota-sets\/([^/]+)$/, (call, id) => update(call, id!)],
    [
      'DELETE',
      /^\/os-quota-sets\/([^/]+)$/,
      (call, id) => {
        allowed(call, id!, 'delete')
        state.limits.nova.delete(id!)
        return { status: 202 }
      }
    ],
    ['GET', /^\/limits$/, absolute]
  ]
}

function isTrue(value: unknown): boolean {
  return value === true || ['true', '1', 'yes', 'on'].includes(String(value).toLowerCase())
}
