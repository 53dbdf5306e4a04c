import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { State } from '../state.ts'
import { type Call, type Route, type Tree, text, tree } from '../wire.ts'
import { sharedWith } from './rbac.ts'
import type { Shareable } from './sharing-state.ts'
import { list, notify, own } from './wire.ts'

const KINDS = [
  ['address_scope', 'address-scopes', 'address_scopes', 'AddressScope'],
  ['subnetpool', 'subnetpools', 'subnetpools', 'SubnetPool'],
  ['address_group', 'address-groups', 'address_groups', 'AddressGroup']
] as const

/** Address scopes, subnet pools and address groups: to be made, seen, shared and deleted; nothing is allocated from them. */
export function shareableRoutes(state: State, bus: Bus): Route[] {
  return KINDS.flatMap(([type, path, plural, kind]): Route[] => {
    const items = () => [...state.shareables.values()].filter((one) => one.type === type)
    const render = (one: Shareable) => show(state, one)
    const visible = (call: Call, one: Shareable) => sharedWith(state, one.id, call.token.project.id)
    const one = (call: Call, id: string, seen = false) => {
      const found = items().find((item) => item.id === id)
      if (found !== undefined && seen && visible(call, found)) return found
      return own(call, found, `${kind}NotFound`, `${type} ${id} could not be found.`)
    }
    const at = new RegExp(`^/${path}/([^/]+)$`)
    return [
      ['GET', new RegExp(`^/${path}$`), (call) => list(call, plural, items(), render, (item) => visible(call, item))],
      [
        'POST',
        new RegExp(`^/${path}$`),
        (call) => {
          notify(bus, call, `${type}.create.start`, call.body)
          const { name, project_id, tenant_id, shared, ...rest } = tree(call.body[type])
          const projectId = text(project_id) ?? text(tenant_id) ?? call.token.project.id
          const made: Shareable = { id: randomUUID(), type, projectId, name: text(name) ?? '', own: rest }
          state.shareables.set(made.id, made)
          const body = { [type]: render(made) }
          notify(bus, call, `${type}.create.end`, body)
          return { status: 201, body }
        }
      ],
      ['GET', at, (call, id) => ({ status: 200, body: { [type]: render(one(call, id!, true)) } })],
      [
        'DELETE',
        at,
        (call, id) => {
          const target = one(call, id!)
          notify(bus, call, `${type}.delete.start`, { [`${type}_id`]: id })
          state.shareables.delete(target.id)
          notify(bus, call, `${type}.delete.end`, { [type]: render(target), [`${type}_id`]: id })
          return { status: 204 }
        }
      ]
    ]
  })
}

function show(state: State, { id, name, projectId, own }: Shareable): Tree {
  return {
    addresses: [],
    ...own,
    id,
    name,
    project_id: projectId,
    tenant_id: projectId,
    shared: sharedWith(state, id, '*')
  }
}
