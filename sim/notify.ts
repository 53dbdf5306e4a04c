import { randomUUID } from 'node:crypto'
import type { State, Token } from './state.ts'
import type { Tree } from './wire.ts'

/** One message as it leaves a service, exactly as on the wire. */
export interface SimNotification {
  readonly exchange: string
  /** `<topic>.<priority>`, e.g. `notifications.info`. */
  readonly routingKey: string
  readonly body: Buffer
}

/** How unreliable the bus is. Shares are between 0 and 1; all 0 and false at first. */
export interface BusSwitches {
  /** Share of notifications that never leave. */
  drop: number
  /** Share that is sent twice, with the same message_id. */
  duplicate: number
  /** Share that is held back until the next one has gone. */
  reorder: number
  /** Nothing leaves: the broker is gone, or the driver is not configured. */
  silent: boolean
}

/** Who caused a notification, as its `_context_*` keys say. */
export interface Context {
  readonly service: 'nova' | 'neutron' | 'designate' | 'keystone' | 'cinder' | 'octavia' | 'glance'
  readonly token: Token | null
  readonly requestId: string
  readonly globalRequestId: string | null
  /** Nova calls Neutron with its own user. */
  readonly as?: string
  /** Cinder's volume service adds the role `admin` to what it does. */
  readonly elevated?: boolean
}

export interface Bus {
  readonly switches: BusSwitches
  emit(
    context: Context,
    topic: string,
    publisher: string | null,
    type: string,
    payload: Tree | unknown,
    priority?: string
  ): void
  listen(listener: (notification: SimNotification) => void): () => void
}

/** Cinder never names an exchange of its own. */
const EXCHANGES: Readonly<Record<string, string>> = { cinder: 'openstack' }

/** The notification bus of all services: envelopes, contexts, and what can go wrong under way. */
export function createBus(state: State): Bus {
  const listeners = new Set<(notification: SimNotification) => void>()
  const switches: BusSwitches = { drop: 0, duplicate: 0, reorder: 0, silent: false }
  let held: SimNotification | null = null

  function deliver(notification: SimNotification): void {
    for (const listener of listeners) listener(notification)
  }

  return {
    switches,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    emit: (context, topic, publisher, type, payload, priority = 'INFO') => {
      if (switches.silent || (switches.drop > 0 && state.random() < switches.drop)) return
      const message = {
        message_id: randomUUID(),
        publisher_id: publisher,
        event_type: type,
        priority,
        payload,
        timestamp: pythonTime()
      }
      const send = () => {
        const inner = { ...message, _unique_id: randomUUID().replaceAll('-', ''), ...contextKeys(context) }
        const body = Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(inner) }))
        return {
          exchange: EXCHANGES[context.service] ?? context.service,
          routingKey: `${topic}.${priority.toLowerCase()}`,
          body
        }
      }
      const first = send()
      const before = held
      held = null
      if (!before && switches.reorder > 0 && state.random() < switches.reorder) held = first
      else deliver(first)
      if (before) deliver(before)
      if (switches.duplicate > 0 && state.random() < switches.duplicate) deliver(send())
      // The last one of a burst must not wait for ever.
      if (held) setTimeout(release, 200).unref()
    }
  }

  function release(): void {
    if (!held) return
    const late = held
    held = null
    deliver(late)
  }
}

/** `str()` of a naive UTC datetime with microseconds. */
function pythonTime(at = Date.now()): string {
  return `${new Date(at).toISOString().slice(0, 23).replace('T', ' ')}${String(Math.floor(performance.now() * 1000) % 1000).padStart(3, '0')}`
}

/** oslo.context after redaction; each service adds keys of its own, Keystone and Glance none at all. */
function contextKeys({ service, token, requestId, globalRequestId, as, elevated = false }: Context): Tree {
  if (service === 'keystone' || service === 'glance') return {}
  const user = token?.user.id ?? null
  const project = token?.project.id ?? null
  const domain = service === 'nova' && token ? 'default' : null
  const roles = elevated ? [...(token?.roles ?? []), 'admin'] : (token?.roles ?? ['admin'])
  const common = {
    _context_user: user,
    _context_project_id: project,
    _context_system_scope: null,
    _context_project: project,
    _context_domain: null,
    _context_user_domain: domain,
    _context_project_domain: domain,
    _context_is_admin: token === null || roles.includes('admin'),
    _context_read_only: false,
    _context_show_deleted: false,
    _context_auth_token: null,
    _context_request_id: requestId,
    _context_global_request_id: globalRequestId,
    _context_resource_uuid: null,
    _context_roles: roles,
    _context_user_identity: `${user ?? '-'} ${project ?? '-'} - ${domain ?? '-'} ${domain ?? '-'}`,
    _context_is_admin_project: true
  }
  if (service === 'designate') {
    return {
      ...common,
      _context_original_project_id: null,
      _context_service_catalog: null,
      _context_all_tenants: null,
      _context_abandon: null,
      _context_edit_managed_records: null,
      _context_tsigkey_id: null,
      _context_hide_counts: null,
      _context_client_addr: null
    }
  }
  if (service === 'neutron') {
    return {
      ...common,
      _context_user_id: user,
      _context_tenant_id: project,
      _context_timestamp: pythonTime(),
      _context_tenant_name: null,
      _context_project_name: null,
      _context_user_name: as ?? token?.user.name ?? null
    }
  }
  if (service === 'octavia') {
    const unknown = { _context_user: null, _context_is_admin: false, _context_roles: [] }
    return { ...common, ...unknown, _context_user_identity: `- ${project ?? '-'} - - -` }
  }
  if (service === 'cinder') {
    return {
      ...common,
      _context_user_id: user,
      _context_project_name: token?.project.name ?? null,
      _context_domain_id: null,
      _context_read_deleted: 'no',
      _context_remote_address: null,
      _context_timestamp: pythonTime().replace(' ', 'T'),
      _context_quota_class: null,
      _context_service_catalog: [],
      _context_message_resource_id: null,
      _context_message_resource_type: null,
      _context_message_action: null
    }
  }
  return {
    ...common,
    _context_user_id: user,
    _context_read_deleted: 'no',
    _context_remote_address: null,
    _context_timestamp: pythonTime().replace(' ', 'T'),
    _context_quota_class: null,
    _context_user_name: token?.user.name ?? null,
    _context_service_catalog: [],
    _context_project_name: token?.project.name ?? null
  }
}
