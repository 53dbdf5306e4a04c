import { randomUUID } from 'node:crypto'
import type { State } from '../state.ts'
import { type Call, isAdmin, Refusal, type Reply, type ServiceApp } from '../wire.ts'

/** Each host's, as large as fake ones are. */
const SIZE = { VCPU: 1000, MEMORY_MB: 800_000, DISK_GB: 600_000 } as const
const RATIO = { VCPU: 4, MEMORY_MB: 1, DISK_GB: 1 } as const

/** Placement 1.x: what the hosts have and how much of it is used; for administrators. */
export function createPlacement(state: State): ServiceApp {
  const hosts = ['fake1', 'fake2'].map((name) => ({ name, uuid: randomUUID() }))

  function administrator(call: Call): void {
    if (isAdmin(call.token)) return
    throw new Refusal(
      fault(
        403,
        'Access was denied to this resource.\n\n Policy does not allow placement:resource_providers:list to be performed.'
      )
    )
  }

  function host(id: string) {
    const found = hosts.find(({ uuid }) => uuid === id)
    if (!found)
      throw new Refusal(
        fault(404, `No resource provider with uuid ${id} found : No resource provider with uuid ${id} found`)
      )
    return found
  }

  function list(call: Call): Reply {
    administrator(call)
    const name = call.query.get('name')
    const found = hosts.filter((one) => name === null || one.name === name)
    const resource_providers = found.map(({ name, uuid }) => {
      const own = `/placement/resource_providers/${uuid}`
      const rels = ['self', 'inventories', 'usages'].map((rel) => ({
        rel,
        href: rel === 'self' ? own : `${own}/${rel}`
      }))
      return { uuid, name, generation: 2, links: rels, parent_provider_uuid: null, root_provider_uuid: uuid }
    })
    return { status: 200, body: { resource_providers } }
  }

  function inventories(call: Call, id: string): Reply {
    administrator(call)
    host(id)
    const entry = (key: keyof typeof SIZE) => ({
      ...{ total: SIZE[key], reserved: key === 'MEMORY_MB' ? 512 : 0, min_unit: 1, max_unit: SIZE[key] },
      ...{ step_size: 1, allocation_ratio: RATIO[key] }
    })
    const inventories = { VCPU: entry('VCPU'), MEMORY_MB: entry('MEMORY_MB'), DISK_GB: entry('DISK_GB') }
    return { status: 200, body: { resource_provider_generation: 2, inventories } }
  }

  function usages(call: Call, id: string): Reply {
    administrator(call)
    const { name } = host(id)
    const there = [...state.servers.values()].filter((one) => one.host === name && one.vmState !== 'shelved_offloaded')
    const sum = (key: 'vcpus' | 'ram' | 'disk') => there.reduce((total, { flavor }) => total + flavor[key], 0)
    const used = { VCPU: sum('vcpus'), MEMORY_MB: sum('ram'), DISK_GB: sum('disk') }
    return { status: 200, body: { resource_provider_generation: 2, usages: used } }
  }

  const version = {
    id: 'v1.0',
    max_version: '1.39',
    min_version: '1.0',
    status: 'CURRENT',
    links: [{ rel: 'self', href: '' }]
  }
  return {
    name: 'placement',
    open: [['GET', /^\/?$/, () => ({ status: 200, body: { versions: [version] } })]],
    routes: [
      ['GET', /^\/resource_providers$/, list],
      ['GET', /^\/resource_providers\/([^/]+)\/inventories$/, (call, id) => inventories(call, id!)],
      ['GET', /^\/resource_providers\/([^/]+)\/usages$/, (call, id) => usages(call, id!)]
    ],
    fault
  }
}

function fault(status: number, detail: string): Reply {
  const titles: Record<number, string> = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' }
  const title = titles[status] ?? 'Internal Server Error'
  return {
    status,
    body: { errors: [{ status, title, detail: `${detail}\n\n   `, request_id: `req-${randomUUID()}` }] }
  }
}
