import { randomUUID } from 'node:crypto'
import type { State } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { checkOctaviaQuota } from './quotas.ts'
import type { BalancerChild, ChildKind } from './state.ts'
import { list, mayUse, mutable, refuse, stamp } from './wire.ts'

const NAMES: Readonly<Record<ChildKind, string>> = {
  ...{ listener: 'Listener', pool: 'Pool', member: 'Member', healthmonitor: 'Health Monitor' }
}

/** Listeners, pools, members and health monitors: as much of them as it takes to count them. */
export function childRoutes(state: State, changed: (balancerId: string) => void): Route[] {
  function child(call: Call, kind: ChildKind, id: string): BalancerChild {
    const found = state.balancerChildren.get(id)
    if (!found || found.kind !== kind) throw refuse(404, `${NAMES[kind]} ${id} not found.`)
    mayUse(call, found.projectId)
    return found
  }

  function create(call: Call, kind: ChildKind, poolOfPath: string | null): Reply {
    const wanted = tree(call.body[kind])
    const ofPool = kind === 'member' || kind === 'healthmonitor'
    const pool = ofPool ? child(call, 'pool', poolOfPath ?? text(wanted.pool_id) ?? '') : null
    const listener = text(wanted.listener_id)
    const balancerId =
      pool?.balancerId ??
      text(wanted.loadbalancer_id) ??
      (listener === null ? '' : child(call, 'listener', listener).balancerId)
    const { projectId } = mutable(state, balancerId)
    mayUse(call, projectId)
    if (kind === 'healthmonitor' && of(pool!.id, kind).length > 0)
      throw refuse(409, 'This pool already has a health monitor')
    checkOctaviaQuota(state, projectId, kind)
    changed(balancerId)
    const made: BalancerChild = {
      ...{ id: randomUUID(), kind, name: text(wanted.name) ?? '', projectId, balancerId, poolId: pool?.id ?? null },
      ...{ wanted, createdAt: stamp() }
    }
    state.balancerChildren.set(made.id, made)
    return { status: 201, body: { [kind]: show(made) } }
  }

  function remove(call: Call, kind: ChildKind, id: string): Reply {
    const target = child(call, kind, id)
    changed(target.balancerId)
    state.balancerChildren.delete(id)
    for (const one of state.balancerChildren.values()) if (one.poolId === id) state.balancerChildren.delete(one.id)
    return { status: 204 }
  }

  const of = (poolId: string, kind: ChildKind) =>
    [...state.balancerChildren.values()].filter((one) => one.poolId === poolId && one.kind === kind)

  function show(one: BalancerChild): Tree {
    const { listener_id: _, pool_id: __, loadbalancer_id: ___, ...asked } = one.wanted
    const shown = {
      ...{ admin_state_up: true, tags: [], ...asked, id: one.id, name: one.name, project_id: one.projectId },
      ...{ provisioning_status: 'ACTIVE', operating_status: one.kind === 'member' ? 'NO_MONITOR' : 'ONLINE' },
      ...{ created_at: one.createdAt, updated_at: null }
    }
    const loadbalancers = [{ id: one.balancerId }]
    if (one.kind === 'listener') return { ...shown, loadbalancers, l7policies: [] }
    if (one.kind === 'healthmonitor') return { ...shown, pools: [{ id: one.poolId }] }
    if (one.kind === 'member') return shown
    const healthmonitor_id = of(one.id, 'healthmonitor')[0]?.id ?? null
    return {
      ...shown,
      loadbalancers,
      listeners: [],
      healthmonitor_id,
      members: of(one.id, 'member').map(({ id }) => ({ id }))
    }
  }

  function listOf(call: Call, kind: ChildKind, poolId: string | null): Reply {
    if (poolId !== null) child(call, 'pool', poolId)
    const found = [...state.balancerChildren.values()].filter(
      (one) => one.kind === kind && (poolId === null || one.poolId === poolId)
    )
    return list(call, `${kind}s`, found, show)
  }

  const routesOf = (kind: ChildKind): Route[] => {
    const at = (tail: string) => new RegExp(`^\\/lbaas\\/${kind}s${tail}$`)
    return [
      ['GET', at(''), (call) => listOf(call, kind, null)],
      ['POST', at(''), (call) => create(call, kind, null)],
      ['GET', at('\\/([^/]+)'), (call, id) => ({ status: 200, body: { [kind]: show(child(call, kind, id!)) } })],
      ['DELETE', at('\\/([^/]+)'), (call, id) => remove(call, kind, id!)]
    ]
  }

  return [
    ...routesOf('listener'),
    ...routesOf('pool'),
    ...routesOf('healthmonitor'),
    ['GET', /^\/lbaas\/pools\/([^/]+)\/members$/, (call, pool) => listOf(call, 'member', pool!)],
    ['POST', /^\/lbaas\/pools\/([^/]+)\/members$/, (call, pool) => create(call, 'member', pool!)],
    [
      'GET',
      /^\/lbaas\/pools\/[^/]+\/members\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { member: show(child(call, 'member', id!)) } })
    ],
    ['DELETE', /^\/lbaas\/pools\/[^/]+\/members\/([^/]+)$/, (call, id) => remove(call, 'member', id!)]
  ]
}
