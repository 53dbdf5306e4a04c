/**
 * Which notifications become events, and why the others do not. `docs/notifications.md` shows this table to people; a
 * test keeps the two the same. `{a,b}` means either, `*` anything. An exact name wins over one with `*`; among those
 * the first.
 */
export type DataKind = 'server' | 'port' | 'floatingip' | 'loadbalancer' | 'recordset' | 'zone' | 'part' | 'none'
/** A service that publishes notifications which we know. */
export type Publisher = 'nova' | 'neutron' | 'keystone' | 'cinder' | 'glance' | 'octavia' | 'designate'

/** What becomes of one type of notification. */
export type Kind = { readonly service: Publisher | 'any'; readonly types: string } & (
  | { readonly becomes: DataKind }
  | { readonly ignored: string }
)

const intent = 'intent only: the result comes as a notification of its own'
const step = 'a step on the way: the result comes as a notification of its own'
const metering = 'metering: nothing changed'
const audit = 'a call to an API, told by its middleware: what it changed comes as a notification of its own'
const trace = 'tracing by osprofiler: nothing changed'
const twin = 'the old name of dns.zone, which comes as well'

/** The table of all types. */
export const kinds: readonly Kind[] = [
  // Nova, in its legacy and in its versioned format. Both may come for one change; each is an event of its own.
  {
    service: 'nova',
    types:
      'compute.instance.{create,delete,soft_delete,force_delete,restore,power_on,power_off,reboot,shutdown,suspend,resume,pause,unpause,rescue,unrescue,shelve,shelve_offload,unshelve,create_ip,delete_ip}.end',
    becomes: 'server'
  },
  {
    service: 'nova',
    types: 'compute.instance.{rebuild,resize,finish_resize,resize.confirm,resize.revert}.end',
    becomes: 'server'
  },
  {
    service: 'nova',
    types: 'compute.instance.live_migration.{_post,post.dest,_rollback,rollback.dest}.end',
    becomes: 'server'
  },
  { service: 'nova', types: 'compute.instance.{update,evacuate}', becomes: 'server' },
  { service: 'nova', types: 'compute.instance.*.error', becomes: 'server' },
  { service: 'nova', types: 'compute_task.{build_instances,migrate_server,rebuild_server}', becomes: 'server' },
  { service: 'nova', types: 'compute_task.{build_instances,migrate_server,rebuild_server}.error', becomes: 'server' },
  {
    service: 'nova',
    types:
      'instance.{create,delete,soft_delete,restore,power_on,power_off,reboot,shutdown,suspend,resume,pause,unpause,rescue,unrescue,shelve,shelve_offload,unshelve,interface_attach,interface_detach}.end',
    becomes: 'server'
  },
  {
    service: 'nova',
    types: 'instance.{rebuild,resize,resize_finish,resize_confirm,resize_revert}.end',
    becomes: 'server'
  },
  {
    service: 'nova',
    types: 'instance.live_migration_{post,post_dest,rollback,rollback_dest}.end',
    becomes: 'server'
  },
  { service: 'nova', types: 'instance.{update,evacuate}', becomes: 'server' },
  { service: 'nova', types: 'instance.*.error', becomes: 'server' },
  { service: 'nova', types: 'compute.instance.volume.{attach,detach}', becomes: 'none' },
  {
    service: 'nova',
    types: 'instance.{volume_attach,volume_detach,volume_swap,share_attach,share_detach}.end',
    becomes: 'none'
  },
  { service: 'nova', types: 'instance.{lock,unlock}', becomes: 'none' },
  { service: 'nova', types: 'service.{create,update,delete}', becomes: 'none' },
  { service: 'nova', types: 'flavor.{create,update,delete}', becomes: 'none' },
  { service: 'nova', types: 'keypair.{create,delete,import}.end', becomes: 'none' },
  {
    service: 'nova',
    types: 'aggregate.{create,delete,addhost,removehost,add_host,remove_host,updateprop,updatemetadata}.end',
    becomes: 'none'
  },
  { service: 'nova', types: 'aggregate.{update_prop,update_metadata,cache_images}.end', becomes: 'none' },
  { service: 'nova', types: 'servergroup.{create,delete,addmember}', becomes: 'none' },
  { service: 'nova', types: 'server_group.{create,delete,add_member}', becomes: 'none' },
  { service: 'nova', types: '{compute.exception,compute.libvirt.error,libvirt.connect.error}', becomes: 'none' },
  { service: 'nova', types: '{compute.instance.exists,instance.exists}', ignored: metering },
  { service: 'nova', types: '{compute.metrics.update,metrics.update}', ignored: metering },
  { service: 'nova', types: 'aggregate.cache_images.progress', ignored: step },
  { service: 'nova', types: '{compute.instance.resize.prep.end,instance.resize_prep.end}', ignored: step },
  {
    service: 'nova',
    types: '{compute.instance.live_migration.pre.end,instance.live_migration_pre.end}',
    ignored: step
  },
  { service: 'nova', types: '{compute.instance.rebuild.scheduled,instance.rebuild_scheduled}', ignored: step },
  {
    service: 'nova',
    types: '{compute.instance,instance}.{snapshot,trigger_crash_dump}.end',
    ignored: 'changes nothing of the server'
  },
  { service: 'nova', types: 'scheduler.select_destinations.{start,end}', ignored: step },

  // Neutron. A bulk create is one notification and as many events as it has objects.
  { service: 'neutron', types: 'port.{create,update,delete}.end', becomes: 'port' },
  { service: 'neutron', types: 'floatingip.{create,update,delete}.end', becomes: 'floatingip' },
  {
    service: 'neutron',
    types:
      '{network,subnetpool,router,security_group,address_scope,address_group,trunk,policy,metering_label,network_segment_range,local_ip,binding,quota}.{create,update,delete}.end',
    becomes: 'none'
  },
  {
    service: 'neutron',
    types: '{security_group_rule,rbac_policy,subnet,port_forwarding}.{create,update,delete}.end',
    becomes: 'part'
  },
  { service: 'neutron', types: 'router.interface.{create,delete}', becomes: 'none' },
  { service: 'neutron', types: 'tag.{create,update,delete,delete_all}.end', becomes: 'none' },
  { service: 'neutron', types: 'l3_agent.router.{add,update,remove}', becomes: 'none' },
  { service: 'neutron', types: 'dhcp_agent.network.{add,remove}', becomes: 'none' },
  { service: 'neutron', types: 'l3.meter', ignored: metering },

  // Keystone: `outcome` other than success is ignored as well, whatever the kind.
  { service: 'keystone', types: 'identity.project.{created,updated,deleted,disabled}', becomes: 'none' },
  { service: 'keystone', types: 'identity.role_assignment.{created,deleted}', becomes: 'part' },
  { service: 'keystone', types: 'identity.application_credential.{created,deleted}', becomes: 'part' },
  { service: 'keystone', types: 'identity.authenticate', ignored: 'a login: nothing changed' },
  { service: 'keystone', types: 'identity.*', becomes: 'none' },

  {
    service: 'cinder',
    types: 'volume.{create,delete,attach,detach,resize,update,manage_existing,unmanage,revert,reset_status}.end',
    becomes: 'none'
  },
  { service: 'cinder', types: 'volume.retype', becomes: 'none' },
  { service: 'cinder', types: 'volume.transfer.{create,accept,delete}.end', becomes: 'none' },
  { service: 'cinder', types: '{snapshot,backup,group,group_snapshot}.*.end', becomes: 'none' },
  {
    service: 'cinder',
    types:
      '{volume_type,volume_type_extra_specs,volume_type_encryption,group_type,group_type_specs}.{create,update,delete}',
    becomes: 'none'
  },
  { service: 'cinder', types: 'volume_type_project.access.{add,remove}', becomes: 'none' },
  {
    service: 'cinder',
    types:
      'scheduler.{create_volume,create_group,create_snapshot,extend_volume,retype,manage_existing,manage_existing_snapshot,migrate_volume_to_host}',
    becomes: 'none'
  },
  { service: 'cinder', types: 'volume.{usage,exists}', ignored: metering },
  { service: 'cinder', types: 'backup.createprogress', ignored: step },
  { service: 'cinder', types: 'capacity.{pool,backend}', ignored: metering },
  {
    service: 'cinder',
    types: 'image_volume_cache.{hit,miss,evict}',
    ignored: "Cinder's own cache of images: nothing of anybody's changed"
  },

  { service: 'glance', types: 'image.{create,update,upload,activate,delete}', becomes: 'none' },
  { service: 'glance', types: 'image.member.{create,update,delete}', becomes: 'none' },
  { service: 'glance', types: 'image.prepare', ignored: step },
  { service: 'glance', types: 'image.send', ignored: 'a download: nothing changed' },

  { service: 'octavia', types: 'octavia.loadbalancer.{create,update,delete}.end', becomes: 'loadbalancer' },

  { service: 'designate', types: 'dns.recordset.{create,update,delete}', becomes: 'recordset' },
  { service: 'designate', types: 'dns.zone.{create,update,delete,share,unshare}', becomes: 'zone' },
  {
    service: 'designate',
    types:
      'dns.{zone_transfer_request,zone_transfer_accept,zone_import,zone_export,pool,tld,tsigkey,blacklist}.{create,update,delete}',
    becomes: 'none'
  },
  { service: 'designate', types: 'dns.domain.*', ignored: twin },
  { service: 'designate', types: 'dns.api.fault', ignored: 'a refused API call: nothing changed' },

  { service: 'any', types: '*.start', ignored: intent },
  { service: 'any', types: '*.exists', ignored: metering },
  { service: 'any', types: '*.metrics.update', ignored: metering },
  { service: 'any', types: '{http,audit.http}.{request,response}', ignored: audit },
  { service: 'any', types: 'profiler.*', ignored: trace },
  // Of another release, an extension, or Nova's wrap_exception, whose type is the name of a function.
  { service: 'any', types: '*', becomes: 'none' }
]

/** Of anything that is sent at the priority `sample`. */
export const sampled = { ignored: metering } as const

const exact = new Map<string, Kind>()
const patterns: { before: string; after: string; kind: Kind }[] = []
for (const kind of kinds) {
  for (const type of expand(kind.types)) {
    const star = type.indexOf('*')
    if (star < 0) exact.set(type, kind)
    else patterns.push({ before: type.slice(0, star), after: type.slice(star + 1), kind })
  }
}

/** `volume` → cinder, `port` → neutron …; nothing for `scheduler`, which Nova and Cinder share. */
const families = new Map<string, Publisher | null>()
for (const { service, types } of kinds) {
  if (service === 'any') continue
  for (const type of expand(types)) {
    const family = type.split('.', 1)[0]!
    const other = families.get(family)
    families.set(family, other === undefined || other === service ? service : null)
  }
}

/** Whose notification it is, as far as its type says so. */
export function serviceOfType(type: string): Publisher | null {
  const { service } = kindOf(type)
  return service === 'any' ? (families.get(type.split('.', 1)[0]!) ?? null) : service
}

/** Types come from outside: remember only so many. */
const seen = new Map<string, Kind>()
const maxSeen = 2000

/** Looks up what becomes of a type. */
export function kindOf(type: string): Kind {
  const known = exact.get(type) ?? seen.get(type)
  if (known !== undefined) return known
  const { kind } = patterns.find(
    ({ before, after }) =>
      type.length >= before.length + after.length && type.startsWith(before) && type.endsWith(after)
  )!
  if (seen.size < maxSeen) seen.set(type, kind)
  return kind
}

/** `a.{b,c}.d` → `a.b.d`, `a.c.d`. */
export function expand(types: string): string[] {
  const open = types.indexOf('{')
  if (open < 0) return [types]
  const close = types.indexOf('}', open)
  const before = types.slice(0, open)
  const rest = expand(types.slice(close + 1))
  return types
    .slice(open + 1, close)
    .split(',')
    .flatMap((choice) => rest.map((after) => before + choice + after))
}
