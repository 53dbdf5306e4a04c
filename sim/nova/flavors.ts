import { randomUUID } from 'node:crypto'
import type { Flavor, State } from '../state.ts'
import { type Call, isAdmin, type Refusal, type Reply, type Route, type Tree, text, tree } from '../wire.ts'

/** Flavors: everybody sees all, an administrator makes more. */
export function flavorRoutes(state: State, refuse: (status: number, message: string) => Refusal): Route[] {
  const self = (call: Call, one: Flavor) => [{ rel: 'self', href: `${call.base}/v2.1/flavors/${one.id}` }]
  const show = (call: Call, one: Flavor): Tree => ({
    ...{ id: one.id, name: one.name, vcpus: one.vcpus, ram: one.ram, disk: one.disk, swap: '', rxtx_factor: 1 },
    ...{ 'OS-FLV-EXT-DATA:ephemeral': 0, 'OS-FLV-DISABLED:disabled': false, 'os-flavor-access:is_public': true },
    links: self(call, one)
  })

  function create(call: Call): Reply {
    if (!isAdmin(call.token))
      throw refuse(403, "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.")
    const wanted = tree(call.body.flavor)
    const name = text(wanted.name) ?? ''
    const numbers = { vcpus: Number(wanted.vcpus), ram: Number(wanted.ram), disk: Number(wanted.disk ?? 0) }
    if ([...state.flavors.values()].some((one) => one.name === name))
      throw refuse(409, `Flavor with name ${name} already exists.`)
    const made: Flavor = { id: text(wanted.id) ?? randomUUID(), name, ...numbers }
    state.flavors.set(made.id, made)
    return { status: 200, body: { flavor: show(call, made) } }
  }

  function remove(call: Call, id: string): Reply {
    if (!isAdmin(call.token))
      throw refuse(403, "Policy doesn't allow os_compute_api:os-flavor-manage:delete to be performed.")
    if (!state.flavors.delete(id)) throw refuse(404, `Flavor ${id} could not be found.`)
    return { status: 202 }
  }

  return [
    [
      'GET',
      /^\/flavors$/,
      (call) => ({
        status: 200,
        body: {
          flavors: [...state.flavors.values()].map((one) => ({ id: one.id, name: one.name, links: self(call, one) }))
        }
      })
    ],
    [
      'GET',
      /^\/flavors\/detail$/,
      (call) => ({ status: 200, body: { flavors: [...state.flavors.values()].map((one) => show(call, one)) } })
    ],
    ['POST', /^\/flavors$/, create],
    [
      'GET',
      /^\/flavors\/([^/]+)$/,
      (call, id) => {
        const found = state.flavors.get(id!)
        if (!found) throw refuse(404, `Flavor ${id} could not be found.`)
        return { status: 200, body: { flavor: show(call, found) } }
      }
    ],
    ['DELETE', /^\/flavors\/([^/]+)$/, (call, id) => remove(call, id!)]
  ]
}
