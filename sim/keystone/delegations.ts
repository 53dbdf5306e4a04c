import type { Bus } from '../notify.ts'
import { type ApplicationCredential, hexId, type State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { roleId, rolesIn } from './grants.ts'
import type { Trust } from './state.ts'
import { demandAdmin, refuse, tellIdentity, whole } from './wire.ts'

/** What lets others act as somebody: application credentials, trusts, and the mappings of federation. */
export function delegationRoutes(state: State, bus: Bus): Route[] {
  const roles = (names: readonly string[]) =>
    names.map((name) => ({ id: roleId(state, name), name, domain_id: null, description: null }))
  const forbidden = (rule: string) => refuse(403, `You are not authorized to perform the requested action: ${rule}.`)

  function self(call: Call, userId: string, rule: string): void {
    if (call.token.user.id !== userId && !isAdmin(call.token)) throw forbidden(rule)
  }

  function credential(id: string): ApplicationCredential {
    const found = state.applicationCredentials.get(id)
    if (!found) throw refuse(404, `Could not find Application Credential: ${id}.`)
    return found
  }

  function createCredential(call: Call, userId: string): Reply {
    // Nobody makes one for somebody else, not even an administrator.
    if (call.token.user.id !== userId) throw forbidden('identity:create_application_credential')
    const wanted = tree(call.body.application_credential)
    const named = Array.isArray(wanted.roles) ? wanted.roles.map((one) => String(tree(one).name)) : null
    const made: ApplicationCredential = {
      ...{ id: hexId(), name: String(wanted.name), secret: text(wanted.secret) ?? hexId(), userId },
      ...{ projectId: call.token.project.id, unrestricted: wanted.unrestricted === true },
      ...{ expiresAt: text(wanted.expires_at), roles: named ?? call.token.roles }
    }
    state.applicationCredentials.set(made.id, made)
    tell(call, 'application_credential', 'created', made.id)
    const body = { application_credential: { ...showCredential(made), secret: made.secret } }
    return { status: 201, body }
  }

  function showCredential(one: ApplicationCredential): Tree {
    return {
      ...{ id: one.id, name: one.name, description: null, user_id: one.userId, project_id: one.projectId },
      ...{ system: null, expires_at: one.expiresAt ?? null, unrestricted: one.unrestricted ?? false },
      roles: roles(one.roles ?? rolesIn(state, one.userId, one.projectId))
    }
  }

  function trust(id: string): Trust {
    const found = state.trusts.get(id)
    if (!found) throw refuse(404, `Could not find trust: ${id}.`)
    return found
  }

  function createTrust(call: Call): Reply {
    const wanted = tree(call.body.trust)
    if (wanted.trustor_user_id !== call.token.user.id) throw forbidden('identity:create_trust')
    const given = Array.isArray(wanted.roles) ? wanted.roles.map(tree) : []
    const made: Trust = {
      ...{ id: hexId(), trustorId: call.token.user.id, trusteeId: String(wanted.trustee_user_id) },
      ...{ projectId: text(wanted.project_id) ?? '', impersonation: wanted.impersonation === true },
      expiresAt: text(wanted.expires_at),
      roles: given.map((one) => text(one.name) ?? state.roles.get(String(one.id))?.name ?? '')
    }
    state.trusts.set(made.id, made)
    tell(call, 'OS-TRUST:trust', 'created', made.id)
    return { status: 201, body: { trust: { ...showTrust(made), roles: roles(made.roles) } } }
  }

  function deleteTrust(call: Call, id: string): Reply {
    const found = trust(id)
    // Its trustee may not.
    if (call.token.user.id !== found.trustorId && !isAdmin(call.token)) throw forbidden('identity:delete_trust')
    state.trusts.delete(id)
    tell(call, 'OS-TRUST:trust', 'deleted', id)
    return { status: 204 }
  }

  function showTrust(one: Trust): Tree {
    return {
      ...{ id: one.id, trustor_user_id: one.trustorId, trustee_user_id: one.trusteeId, project_id: one.projectId },
      ...{ impersonation: one.impersonation, expires_at: one.expiresAt, remaining_uses: null, deleted_at: null },
      ...{ redelegated_trust_id: null, redelegation_count: 0 }
    }
  }

  function putMapping(call: Call, id: string): Reply {
    demandAdmin(call, 'identity:create_mapping')
    const { rules } = tree(call.body.mapping)
    const made = { id, rules: Array.isArray(rules) ? rules : [] }
    state.mappings.set(id, made)
    return { status: 201, body: { mapping: made } }
  }

  function mapping(id: string): Tree {
    const found = state.mappings.get(id)
    if (!found) throw refuse(404, `Could not find mapping: ${id}.`)
    return { ...found }
  }

  function tell(call: Call, type: string, verb: 'created' | 'deleted', id: string): void {
    tellIdentity(bus, call, type, verb, 'data/security/credential', { resource_info: id })
  }

  const credentials = /^\/v3\/users\/([^/]+)\/application_credentials$/
  const one = /^\/v3\/users\/([^/]+)\/application_credentials\/([^/]+)$/
  const trusts = /^\/v3\/OS-TRUST\/trusts$/
  const oneTrust = /^\/v3\/OS-TRUST\/trusts\/([^/]+)$/
  const oneMapping = /^\/v3\/OS-FEDERATION\/mappings\/([^/]+)$/
  return [
    [
      'GET',
      credentials,
      (call, userId) => {
        self(call, userId!, 'identity:list_application_credentials')
        const mine = [...state.applicationCredentials.values()].filter((item) => item.userId === userId)
        return whole('application_credentials', mine.map(showCredential), call.base)
      }
    ],
    ['POST', credentials, (call, userId) => createCredential(call, userId!)],
    [
      'GET',
      one,
      (call, userId, id) => {
        self(call, userId!, 'identity:get_application_credential')
        return { status: 200, body: { application_credential: showCredential(credential(id!)) } }
      }
    ],
    [
      'DELETE',
      one,
      (call, userId, id) => {
        self(call, userId!, 'identity:delete_application_credential')
        state.applicationCredentials.delete(credential(id!).id)
        tell(call, 'application_credential', 'deleted', id!)
        return { status: 204 }
      }
    ],
    [
      'GET',
      trusts,
      (call) => {
        demandAdmin(call, 'identity:list_trusts')
        return whole('trusts', [...state.trusts.values()].map(showTrust), call.base)
      }
    ],
    ['POST', trusts, createTrust],
    [
      'GET',
      oneTrust,
      (_, id) => {
        const found = trust(id!)
        return { status: 200, body: { trust: { ...showTrust(found), roles: roles(found.roles) } } }
      }
    ],
    ['DELETE', oneTrust, (call, id) => deleteTrust(call, id!)],
    [
      'GET',
      /^\/v3\/OS-FEDERATION\/mappings$/,
      (call) =>
        whole(
          'mappings',
          [...state.mappings.values()].map((item) => ({ ...item })),
          call.base
        )
    ],
    ['PUT', oneMapping, (call, id) => putMapping(call, id!)],
    ['GET', oneMapping, (_, id) => ({ status: 200, body: { mapping: mapping(id!) } })],
    [
      'DELETE',
      oneMapping,
      (call, id) => {
        demandAdmin(call, 'identity:delete_mapping')
        mapping(id!)
        state.mappings.delete(id!)
        return { status: 204 }
      }
    ]
  ]
}
