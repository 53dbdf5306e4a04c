import type { Recordset } from '../clients/designate/designate.ts'
import { fields } from '../clients/openstack/answer-fields.ts'
import { listAll } from '../clients/openstack/pages.ts'
import { mark } from '../core/ownership.ts'
import { isInZone } from '../policies/dns-records/names.ts'
import { authenticated, each, ownEntry } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, ok, warning } from './finding.ts'
import { installIdOf } from './journal-file.ts'
import type { CheckedEntry, CheckTarget } from './target.ts'
import { zonesOf } from './zones.ts'

/** Who else writes into our zones? Their names are never touched by us; but nor should ours be by them. */
export const otherWriters: DoctorCheck = {
  name: 'other writers',
  examine: ({ dns, journalPath }) =>
    each(dns, async (instance) => {
      const entry = await ownEntry(instance)
      if (entry === null) return []
      const wanted = zonesOf(instance.settings)
      const there = (await entry.zones()).filter((zone) => wanted.includes(zone.name.toLowerCase()))
      const installId = await installIdOf(journalPath)
      const inZones = await Promise.all(
        there.map(async ({ id, name }) => inZone(name, await entry.designate.listRecordsets(id), installId))
      )
      return [...inZones.flat(), ...(await neutronDns(instance, wanted))]
    })
}

function inZone(zone: string, recordsets: readonly Recordset[], installId: string | null): readonly DoctorFinding[] {
  const about = `zone ${zone}`
  const findings: DoctorFinding[] = []

  const registries = recordsets.filter(
    ({ type, records }) => type === 'TXT' && records.some((text) => text.includes('heritage=external-dns'))
  )
  const owners = new Set(
    registries.map(({ records }) => /external-dns\/owner=([^,"]*)/.exec(records.join())?.[1] ?? 'unknown')
  )
  for (const owner of owners)
    findings.push(
      warning(
        about,
        `external-dns (owner ${owner}) keeps ${registries.length} names here, such as ${some(registries)}`,
        'give external-dns a zone of its own, or make sure that no server may get one of its names: whoever comes first keeps a name'
      )
    )

  const marked = recordsets.filter(
    ({ description }) =>
      description?.startsWith('stackreflex ') && (installId === null || description !== mark(installId))
  )
  for (const [description, group] of Map.groupBy(marked, (one) => one.description))
    findings.push(
      warning(
        about,
        `${group.length} recordsets carry the mark '${description}', such as ${some(group)}; ` +
          `this installation is ${installId ?? 'new: it has no journal yet'}`,
        'if another Stackreflex runs, give each a zone of its own; if its journal was lost, `reflex adopt --all` takes them over'
      )
    )

  const managed = recordsets.filter(
    ({ type, description }) =>
      type !== 'SOA' &&
      type !== 'NS' &&
      description !== null &&
      !description.startsWith('stackreflex ') &&
      /designate-sink|\bmanaged\b|\bcreated by\b/i.test(description)
  )
  if (managed.length > 0)
    findings.push(
      warning(
        about,
        `${managed.length} recordsets say that another tool made them, such as ${some(managed)} ('${managed[0]?.description}')`,
        'if it is designate-sink, which overwrites whatever has the same name: stop it (enabled_notification_handlers = in designate.conf), then delete its records'
      )
    )
  return findings.length > 0 ? findings : [ok(about, 'nobody else is known to write here')]
}

/** Networks, ports and floating IPs with a `dns_domain`: Neutron writes their records itself. */
async function neutronDns(
  { entries }: Pick<CheckTarget, 'entries'>,
  zones: readonly string[]
): Promise<readonly DoctorFinding[]> {
  const clusters = (await authenticated({ entries })).filter((entry) => entry.clusters.length > 0)
  const findings = await Promise.all(
    clusters.map(async (entry) => {
      const kinds = await Promise.all(
        (['networks', 'ports', 'floatingips'] as const).map((kind) => withDomain(entry, kind, zones))
      )
      return kinds.flat()
    })
  )
  return findings.flat()
}

async function withDomain(
  { name: entry, cloud }: CheckedEntry,
  kind: 'networks' | 'ports' | 'floatingips',
  zones: readonly string[]
): Promise<readonly DoctorFinding[]> {
  const all = await listAll(
    cloud,
    { service: 'network', path: `/${kind}`, key: kind, next: `${kind}_links` },
    (answer, raw, where) => {
      const one = fields(answer, raw, where)
      // Not there at all where the extension is off.
      const domain = one.value('dns_domain')
      return { id: one.text('id'), domain: typeof domain === 'string' ? domain.toLowerCase() : '' }
    }
  )
  const ours = all.filter(({ domain }) => domain !== '' && zones.some((zone) => isInZone(domain, zone)))
  const [first] = ours
  if (first === undefined) return []
  const what = { networks: 'network', ports: 'port', floatingips: 'floating ip' }[kind]
  return [
    warning(
      `${kind} of cloud entry ${entry}`,
      `${ours.length} with a dns_domain in our zones, such as ${first.id} (${first.domain}): Neutron writes their records itself`,
      kind === 'floatingips'
        ? 'make them again without --dns-domain, or leave that zone to Neutron and take another in settings.floating.zone'
        : `take it away: openstack --os-cloud ${entry} ${what} set --dns-domain '' ${first.id}; or use another zone`
    )
  ]
}

function some(recordsets: readonly Recordset[]): string {
  return recordsets
    .slice(0, 3)
    .map(({ name, type }) => `${name} ${type}`)
    .join(', ')
}
