import { isIPv6 } from 'node:net'
import { nearest } from '../base/nearest.ts'
import type { Zone } from '../clients/designate/designate.ts'
import { fields } from '../clients/openstack/answer-fields.ts'
import { listAll } from '../clients/openstack/pages.ts'
import { reverseName } from '../policies/dns-records/names.ts'
import { longestCovering } from '../policies/dns-records/questions/recordsets-at.ts'
import type { DnsSettings } from '../policies/dns-records/settings.ts'
import { authenticated, each, ownEntry } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import type { CheckedEntry, Instance } from './target.ts'

/** Is each zone that the settings name there, served, and ours to write? Is there one for each PTR record? */
export const zones: DoctorCheck = {
  name: 'zones',
  examine: ({ dns }) =>
    each(dns, async (instance) => {
      const entry = await ownEntry(instance)
      if (entry === null) return []
      const there = await entry.zones()
      const project = await entry.cloud.projectId()
      const named = zonesOf(instance.settings).map((name) => examine(name, there, project, entry.name))
      return [...named, ...(await reverseZones(instance, there))]
    })
}

/** The zones that the settings name, each once. */
export function zonesOf({ fixed, floating, vip }: DnsSettings): readonly string[] {
  const names = [fixed?.zone, floating?.zone, vip?.zone].filter((name) => name !== undefined)
  return [...new Set(names.map((name) => name.toLowerCase()))]
}

function examine(name: string, there: readonly Zone[], project: string, entry: string): DoctorFinding {
  const about = `zone ${name}`
  const zone = there.find((one) => one.name.toLowerCase() === name)
  if (zone === undefined) {
    const names = there.map((one) => one.name)
    const meant = nearest(name, names)
    const others = meant === null ? `its zones are: ${names.join(', ') || 'none'}` : `did you mean '${meant}'?`
    return failing(
      about,
      `the project of cloud entry ${entry} has no such zone; ${others}`,
      `correct it in the settings of dns-records, or make it: ` +
        `openstack --os-cloud ${entry} zone create --email <you> ${name}`
    )
  }
  if (zone.projectId !== project)
    return failing(
      about,
      `belongs to project ${zone.projectId}, not to the project of cloud entry ${entry}`,
      `name the cloud entry of the project that owns it under settings.cloud, or transfer the zone: openstack zone transfer request create ${name}`
    )
  if (zone.type !== 'PRIMARY')
    return failing(
      about,
      `is ${zone.type}: its records come from elsewhere and cannot be written`,
      'name a PRIMARY zone in the settings of dns-records'
    )
  if (zone.status === 'ERROR' || zone.action === 'DELETE')
    return failing(
      about,
      `is ${zone.status} while ${zone.action}: what is written there is not served`,
      `look at designate-worker's log for this zone, then: openstack --os-cloud ${entry} zone set --ttl ${zone.ttl} ${name}`
    )
  if (zone.status !== 'ACTIVE')
    return warning(
      about,
      `is ${zone.status}: the name servers have not got its last change yet`,
      'run this again in a minute; if it stays so, look at designate-worker and designate-mdns'
    )
  return ok(about, 'ACTIVE, owned by our project')
}

async function reverseZones(
  { entries, settings: { fixed, vip, cloud } }: Instance<DnsSettings>,
  there: readonly Zone[]
): Promise<readonly DoctorFinding[]> {
  const wanted = [...new Set([...(fixed?.ptrNetworks ?? []), ...(vip?.ptrNetworks ?? [])])]
  const settings = [fixed?.ptrNetworks.length && 'settings.fixed', vip?.ptrNetworks.length && 'settings.vip']
  const places = settings.flatMap((part) => (part ? [`${part}.ptrNetworks`] : [])).join(' or ')
  if (wanted.length === 0) return []
  const clusters = (await authenticated({ entries })).filter((entry) => entry.clusters.length > 0)
  const seen = await Promise.all(clusters.map(async (entry) => ({ entry, networks: await networksOf(entry) })))
  const all = seen.flatMap(({ networks }) => networks)
  const unknown = wanted.filter((one) => one !== '*' && !all.some(({ id, name }) => one === id || one === name))
  const findings: DoctorFinding[] = unknown.map((one) =>
    warning(
      `ptrNetworks: ${one}`,
      `no cluster sees a network of this name or id; they see: ${[...new Set(all.map(({ name }) => name))].join(', ')}`,
      `correct ${places}`
    )
  )
  for (const { networks } of seen)
    for (const { id, name, external, cidrs } of networks) {
      const meant = wanted.includes('*') ? !external : wanted.includes(id) || wanted.includes(name)
      for (const cidr of meant ? cidrs : []) {
        const about = `reverse zone of ${name} (${cidr})`
        const address = cidr.split('/')[0]!
        const zone = longestCovering(there, reverseName(address))
        if (zone !== null) findings.push(ok(about, `${zone.name} covers it`))
        else
          findings.push(
            warning(
              about,
              `no zone of cloud entry ${cloud} covers ${address}: its addresses get no PTR records`,
              `make one: openstack --os-cloud ${cloud} zone create --email <you> ${reverseZoneOf(cidr)}; ` +
                `or leave the network out of ${places}`
            )
          )
      }
    }
  return findings
}

/** The smallest zone on a label's border that holds the whole network: `10.20.0.0/14` → `10.in-addr.arpa.`. */
function reverseZoneOf(cidr: string): string {
  const [address = '', prefix = '0'] = cidr.split('/')
  const labels = Math.max(1, Math.floor(Number(prefix) / (isIPv6(address) ? 4 : 8)))
  const parts = reverseName(address).split('.')
  const suffix = 3
  return parts.slice(parts.length - suffix - labels).join('.')
}

interface SeenNetwork {
  readonly id: string
  readonly name: string
  readonly external: boolean
  readonly cidrs: readonly string[]
}

async function networksOf({ cloud }: CheckedEntry): Promise<readonly SeenNetwork[]> {
  const list = { service: 'network' } as const
  const [networks, subnets] = await Promise.all([
    listAll(cloud, { ...list, path: '/networks', key: 'networks', next: 'networks_links' }, (answer, raw, where) => {
      const network = fields(answer, raw, where)
      return {
        id: network.text('id'),
        name: network.textOrNull('name') ?? '',
        external: network.value('router:external') === true
      }
    }),
    listAll(cloud, { ...list, path: '/subnets', key: 'subnets', next: 'subnets_links' }, (answer, raw, where) => {
      const subnet = fields(answer, raw, where)
      return { id: subnet.text('id'), network: subnet.text('network_id'), cidr: subnet.text('cidr') }
    })
  ])
  return networks.map((network) => ({
    ...network,
    cidrs: subnets.filter((subnet) => subnet.network === network.id).map(({ cidr }) => cidr)
  }))
}
