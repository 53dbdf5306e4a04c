import { errorText } from '../base/error-text.ts'
import { createQuotas, type Quotas } from '../clients/cloud/quotas.ts'
import { keystoneLimits } from '../clients/keystone/limits.ts'
import { OpenStackError } from '../clients/openstack/openstack-error.ts'
import { type QuotaService, quotaServiceOf, quotaServices } from '../core/quota.ts'
import type { QuotaSettings } from '../policies/quota-rebalance/settings.ts'
import { authenticated, each, ownEntry } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import type { CheckedEntry } from './target.ts'

/** One cluster of a group, with what is shared of it. */
interface Member {
  readonly cluster: string
  readonly projectId: string
  readonly resources: readonly string[]
}

/** By the default policies; for a project that is not the token's own. */
const writers: Readonly<Record<QuotaService, readonly string[]>> = {
  nova: ['admin'],
  cinder: ['admin'],
  neutron: ['admin'],
  octavia: ['admin', 'load-balancer_admin', 'load-balancer_quota_admin']
}

/** May the entry for quotas read and set what the groups share, and does every service have it? Nothing is set for this. */
export const quotaRights: DoctorCheck = {
  name: 'quota rights',
  examine: ({ quotas }) =>
    each(quotas, async (instance): Promise<readonly DoctorFinding[]> => {
      const entry = await ownEntry(instance)
      if (entry === null) return []
      const members = await membersOf(instance.settings, await authenticated(instance))
      const services = quotaServices.filter((service) => members.some((one) => of(one, service).length > 0))
      const examined = await Promise.all(services.map((service) => examine(service, entry, members)))
      return [...examined.flat(), ...(services.includes('nova') ? await unified(entry, members) : [])]
    })
}

async function membersOf({ groups }: QuotaSettings, entries: readonly CheckedEntry[]): Promise<readonly Member[]> {
  const wanted = Object.values(groups).flatMap(({ projects, resources }) =>
    Object.keys(projects).map((cluster) => ({ cluster, resources: Object.keys(resources) }))
  )
  const found = await Promise.all(
    wanted.map(async (one) => {
      const entry = entries.find(({ clusters }) => clusters.includes(one.cluster))
      return entry === undefined ? [] : [{ ...one, projectId: await entry.cloud.projectId() }]
    })
  )
  return found.flat()
}

const of = ({ resources }: Member, service: QuotaService) =>
  resources.filter((resource) => quotaServiceOf(resource) === service)

async function examine(
  service: QuotaService,
  entry: CheckedEntry,
  members: readonly Member[]
): Promise<readonly DoctorFinding[]> {
  const { cloud, name } = entry
  const about = `${service} quotas through cloud entry ${name}`
  const [roles, project] = await Promise.all([cloud.roles(), cloud.projectName()])
  const role = service === 'octavia' ? 'load-balancer_quota_admin' : 'admin'
  // Octavia tells no usage: whoever does not administer it has to be allowed to count.
  const counts = service === 'octavia' ? ', and load-balancer_global_observer to count what is there' : ''
  const give = `openstack role add --user <user> --project ${project} ${role}${counts}`
  const quotas = createQuotas(cloud)
  const concerned = members.filter((one) => of(one, service).length > 0)
  let read: readonly (readonly [Member, Awaited<ReturnType<typeof quotas.told>>])[]
  try {
    read = await Promise.all(concerned.map(async (one) => [one, await quotas.told(service, one.projectId)] as const))
  } catch (error) {
    const { message } = error as Error
    const refused = error instanceof OpenStackError && error.status === 403
    return [failing(about, message, refused ? give : 'mend this first: as long as it cannot be read, nothing is moved')]
  }
  const findings = read.flatMap(([member, told]) => odd(member, of(member, service), told))
  if (!roles.some((one) => writers[service].includes(one.toLowerCase())))
    findings.push(
      warning(
        about,
        `may be read, but not set by ${service}'s default policy: its roles are ${roles.join(', ') || 'none'}`,
        `unless your policy says otherwise: ${give}`
      )
    )
  if (findings.length > 0) return findings
  // Only a write shows whether a limit below usage is refused, and none is made for this.
  const clusters = concerned.map(({ cluster }) => cluster).join(', ')
  return [ok(about, `read for ${clusters}; a limit is looked at before and after it is lowered`)]
}

/** What of this is not there, or has no limit. */
function odd(
  { cluster, projectId }: Member,
  resources: readonly string[],
  { cells, unknown }: Awaited<ReturnType<Quotas['told']>>
): DoctorFinding[] {
  return resources.flatMap((resource): DoctorFinding[] => {
    const cell = cells[resource]
    const about = `${resource} of ${cluster}`
    if (unknown[resource] !== undefined)
      return [
        failing(
          about,
          `its service says what cannot be: ${unknown[resource]}; nothing of it is moved`,
          'have the service count anew (Cinder: cinder-manage quota sync), or set a limit of -1 or more'
        )
      ]
    if (cell === undefined)
      return [
        failing(
          about,
          `there is no such quota; there are ${Object.keys(cells).join(', ')}`,
          'correct the name under resources of quota-rebalance; of a volume type it ends in the name that the type has now'
        )
      ]
    if (cell.limit >= 0) return []
    return [
      warning(
        about,
        'has no limit (-1), so there is nothing to share: the resource is left alone in its whole group',
        `set one, at least ${cell.used}: openstack quota set ${flagOf(resource)} <n> ${projectId}`
      )
    ]
  })
}

const flags: Readonly<Record<string, string>> = {
  network: '--networks',
  subnet: '--subnets',
  port: '--ports',
  router: '--routers',
  floatingip: '--floating-ips',
  security_group: '--secgroups',
  security_group_rule: '--secgroup-rules'
}

/** As the openstack client calls it; a quota of a volume type is named with `--volume-type`. */
function flagOf(resource: string): string {
  const [, kind, type] = /^(volumes|gigabytes|snapshots)_(.+)$/.exec(resource) ?? []
  if (type !== undefined) return `--volume-type ${type} --${kind}`
  return flags[resource] ?? `--${resource.replaceAll('_', '-')}`
}

/** Unified limits of Nova are Keystone's, which shows them to a token for the system only. */
async function unified({ name, cloud }: CheckedEntry, [first]: readonly Member[]): Promise<readonly DoctorFinding[]> {
  if (first === undefined) return []
  const about = `unified limits through cloud entry ${name}`
  const given =
    'where Nova goes by unified limits ([quota] driver in nova.conf): openstack role add --user <user> --system all reader, ' +
    'and a user and password in clouds.yaml: an application credential gets no token for the system'
  try {
    const limits = await keystoneLimits(cloud).read(first.projectId)
    const names = Object.keys(limits)
    if (names.length === 0) return [ok(about, "none are registered for Nova: its limits are Nova's own")]
    return [ok(about, `registered for ${names.join(', ')}, and may be read: used where Nova goes by them`)]
  } catch (error) {
    return [warning(about, errorText(error), given)]
  }
}
