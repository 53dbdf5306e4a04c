import type { Bus, Context } from '../notify.ts'
import type { Flavor, Server, State } from '../state.ts'
import type { Tree } from '../wire.ts'

const IMAGE = '6e1a9c13-417e-403d-abd7-0f7f51186498'

/** What happens to a server, in both of Nova's formats (`notification_format = both`). */
export interface NovaNotifier {
  /**
   * `create.start`, `power_off.end`, …; `addresses` adds them to the legacy payload, as create.end does; `versioned` is
   * the other format's name where that differs.
   */
  action(
    context: Context,
    server: Server,
    action: string,
    options?: { addresses?: boolean; gone?: boolean; versioned?: string }
  ): void
  /** `resize.prep.start` and `.end`, which name the flavor to come. */
  resizePrep(context: Context, server: Server, flavor: Flavor): void
  /** `compute.instance.update` and `instance.update`. */
  update(context: Context, server: Server, before: { vmState: string; taskState: string | null; name?: string }): void
  /** Only in the versioned format, as interface_attach. */
  versionedOnly(context: Context, server: Server, action: string): void
  /** A request on its way to a host; carries a live token inside its payload, as the real one does. */
  scheduling(context: Context, server: Server): void
}

export function createNovaNotifier(state: State, bus: Bus): NovaNotifier {
  const legacy = (context: Context, publisher: string, type: string, payload: Tree) =>
    bus.emit(context, 'notifications', publisher, type, payload)
  const versioned = (context: Context, publisher: string, type: string, name: string, version: string, data: Tree) =>
    bus.emit(context, 'versioned_notifications', publisher, type, object(name, version, data))

  function ips(server: Server) {
    return [...state.ports.values()]
      .filter(({ deviceId }) => deviceId === server.id)
      .flatMap((port) =>
        port.fixedIps.map(({ ip_address }) => ({
          port,
          address: ip_address,
          label: state.networks.get(port.networkId)?.name ?? ''
        }))
      )
  }

  function legacyPayload(server: Server): Tree {
    const placed = server.launchedAt !== null
    return {
      ...{ tenant_id: server.projectId, user_id: server.userId, instance_id: server.id, display_name: server.name },
      ...{
        reservation_id: server.reservationId,
        hostname: server.hostname,
        instance_type: server.flavor.name,
        instance_type_id: 1
      },
      ...{
        instance_flavor_id: server.flavor.id,
        architecture: null,
        memory_mb: server.flavor.ram,
        disk_gb: server.flavor.disk,
        vcpus: server.flavor.vcpus
      },
      ...{
        root_gb: server.flavor.disk,
        ephemeral_gb: 0,
        host: placed ? server.host : null,
        node: placed ? server.host : null
      },
      ...{
        availability_zone: 'nova',
        cell_name: '',
        created_at: server.createdAt.replace('T', ' ').replace('Z', '+00:00')
      },
      ...{
        terminated_at: bare(server.terminatedAt),
        deleted_at: server.vmState === 'deleted' ? bare(server.terminatedAt) : ''
      },
      ...{
        launched_at: bare(server.launchedAt),
        image_ref_url: `http://127.0.0.1:9292/images/${IMAGE}`,
        os_type: null,
        kernel_id: ''
      },
      ...{
        ramdisk_id: '',
        state: server.vmState,
        state_description: server.taskState ?? '',
        progress: '',
        access_ip_v4: null,
        access_ip_v6: null
      },
      ...{
        image_meta: {
          'owner_specified.openstack.md5': '',
          'owner_specified.openstack.sha256': '',
          'owner_specified.openstack.object': 'images/tiny',
          min_ram: '0',
          min_disk: '1',
          disk_format: 'raw',
          container_format: 'bare',
          base_image_ref: IMAGE
        },
        metadata: server.metadata
      }
    }
  }

  function versionedData(context: Context, server: Server, gone: boolean): Tree {
    const placed = server.launchedAt !== null
    return {
      ...{
        request_id: context.requestId,
        uuid: server.id,
        user_id: server.userId,
        tenant_id: server.projectId
      },
      ...{
        reservation_id: server.reservationId,
        display_name: server.name,
        display_description: null,
        host_name: server.hostname
      },
      ...{
        host: placed ? server.host : null,
        node: placed ? server.host : null,
        os_type: null,
        architecture: null,
        availability_zone: 'nova'
      },
      flavor: flavorObject(server.flavor),
      ...{
        image_uuid: IMAGE,
        key_name: null,
        kernel_id: '',
        ramdisk_id: '',
        created_at: server.createdAt,
        launched_at: server.launchedAt
      },
      ...{
        terminated_at: server.terminatedAt,
        deleted_at: server.vmState === 'deleted' ? server.terminatedAt : null,
        updated_at: server.updatedAt
      },
      ...{
        state: server.vmState,
        power_state: server.vmState === 'active' ? 'running' : server.vmState === 'stopped' ? 'shutdown' : 'pending'
      },
      ...{ task_state: server.taskState, progress: 0 },
      ip_addresses: gone
        ? []
        : ips(server).map(({ port, address, label }) =>
            object('IpPayload', '1.0', {
              ...{
                label,
                mac: port.mac,
                meta: {},
                port_uuid: port.id,
                version: address.includes(':') ? 6 : 4,
                address
              },
              ...{ device_name: `tap${port.id.slice(0, 11)}` }
            })
          ),
      ...{ block_devices: [], metadata: server.metadata, locked: server.locked, auto_disk_config: 'MANUAL' },
      ...{
        action_initiator_user: context.token?.user.id ?? null,
        action_initiator_project: context.token?.project.id ?? null,
        locked_reason: server.lockedReason ?? null
      }
    }
  }

  function action(
    context: Context,
    server: Server,
    name: string,
    { addresses = false, gone = false, versioned = name } = {}
  ): void {
    const payload = legacyPayload(server)
    if (name === 'create.start') payload.image_name = 'tiny'
    if (addresses) {
      payload.fixed_ips = ips(server).map(({ port, address, label }) => ({
        ...{
          address,
          type: 'fixed',
          version: address.includes(':') ? 6 : 4,
          meta: {},
          floating_ips: [],
          label,
          vif_mac: port.mac
        }
      }))
    }
    if (name === 'create.end') payload.message = 'Success'
    legacy(context, `compute.${server.host}`, `compute.instance.${name}`, payload)
    versionedAction(context, server, versioned, gone)
  }

  function resizePrep(context: Context, server: Server, flavor: Flavor): void {
    for (const phase of ['start', 'end']) {
      const coming = phase === 'end' ? { new_instance_type: flavor.name, new_instance_type_id: 2 } : {}
      const payload = { ...legacyPayload(server), ...coming }
      legacy(context, `compute.${server.host}`, `compute.instance.resize.prep.${phase}`, payload)
      const data = { fault: null, ...versionedData(context, server, false), new_flavor: flavorObject(flavor) }
      const name = 'InstanceActionResizePrepPayload'
      versioned(context, `nova-compute:${server.host}`, `instance.resize_prep.${phase}`, name, '1.3', data)
    }
  }

  function versionedAction(context: Context, server: Server, name: string, gone = false): void {
    const create = name.startsWith('create.')
    const data: Tree = { fault: null, ...versionedData(context, server, gone) }
    if (create) {
      const instance_name = `instance-${server.number.toString(16).padStart(8, '0')}`
      Object.assign(data, { keypairs: [], tags: [], trusted_image_certificates: null, instance_name })
    }
    const [object, version] = create ? ['InstanceCreatePayload', '1.12'] : ['InstanceActionPayload', '1.8']
    versioned(context, `nova-compute:${server.host}`, `instance.${name}`, object!, version!, data)
  }

  return {
    action,
    resizePrep,
    versionedOnly: (context, server, name) => versionedAction(context, server, name),
    update: (context, server, before) => {
      const hour = `${new Date().toISOString().slice(0, 13)}:00:00`
      const states = { old_state: before.vmState, old_task_state: before.taskState, new_task_state: server.taskState }
      const renamed = before.name !== undefined && before.name !== server.name ? before.name : null
      legacy(context, 'compute.sim', 'compute.instance.update', {
        ...{
          ...legacyPayload(server),
          ...states,
          audit_period_beginning: `${hour}.000000`,
          audit_period_ending: new Date().toISOString().slice(0, -1)
        },
        ...(renamed === null ? {} : { old_display_name: renamed })
      })
      versioned(context, 'nova-compute:sim', 'instance.update', 'InstanceUpdatePayload', '2.0', {
        ...versionedData(context, server, true),
        ...{ state_update: object('InstanceStateUpdatePayload', '1.0', { ...states, state: server.vmState }) },
        audit_period: object('AuditPeriodPayload', '1.0', {
          audit_period_beginning: `${hour}Z`,
          audit_period_ending: new Date().toISOString()
        }),
        ...{ old_display_name: renamed, tags: [] }
      })
    },
    scheduling: (context, server) => {
      // The real ones hold the caller's live token: who stores payloads must redact them.
      const auth_token = context.token?.id ?? null
      const instance_properties = {
        project_id: server.projectId,
        uuid: server.id,
        pci_requests: { _context: { auth_token } }
      }
      for (const phase of ['start', 'end']) {
        const payload = { request_spec: { instance_properties, num_instances: 1 } }
        legacy(context, 'scheduler.sim', `scheduler.select_destinations.${phase}`, payload)
      }
    }
  }
}

function flavorObject(flavor: Flavor): Tree {
  return object('FlavorPayload', '1.4', {
    ...{ flavorid: flavor.id, memory_mb: flavor.ram, vcpus: flavor.vcpus, root_gb: flavor.disk, ephemeral_gb: 0 },
    ...{ name: flavor.name, swap: 0, rxtx_factor: 1, vcpu_weight: 0, disabled: false, is_public: true },
    ...{ extra_specs: {}, projects: null, description: null }
  })
}

function object(name: string, version: string, data: Tree): Tree {
  return {
    'nova_object.name': name,
    'nova_object.namespace': 'nova',
    'nova_object.version': version,
    'nova_object.data': data
  }
}

/** Legacy times have no zone, and are empty where there is none. */
function bare(time: string | null): string {
  return time === null ? '' : `${time.slice(0, 19)}.000000`
}
