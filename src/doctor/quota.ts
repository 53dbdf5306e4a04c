import { each, ownEntry } from './authenticated.ts'
import { type DoctorCheck, type DoctorFinding, ok, warning } from './finding.ts'
import { zonesOf } from './zones.ts'

const nearlyFull = 0.8

/** How many record sets Designate allows in each of our zones, and how many are there. */
export const quotaCheck: DoctorCheck = {
  name: 'quota',
  examine: ({ dns: instances }) =>
    each(instances, async (instance) => {
      const { settings: dns } = instance
      const entry = await ownEntry(instance)
      if (entry === null) return []
      const limits = await entry.designate.quota()
      if (limits === null)
        return [
          warning(
            `Designate's quota of cloud entry ${entry.name}`,
            'may not be read: a full zone is noticed only when Designate refuses a record',
            "let the policy get_quotas of Designate include this entry's role"
          )
        ]
      const most = limits.recordsetsPerZone
      const wanted = zonesOf(dns)
      const there = (await entry.zones()).filter((zone) => wanted.includes(zone.name.toLowerCase()))
      return Promise.all(
        there.map(async (zone): Promise<DoctorFinding> => {
          const used = await entry.designate.countRecordsets(zone.id)
          const about = `quota of zone ${zone.name}`
          if (most < 0) return ok(about, `${used} recordsets, no limit`)
          const found = `${used} of ${most} recordsets`
          const remedy =
            `an administrator raises it: openstack dns quota set --project-id ${zone.projectId} --zone-recordsets ${most * 2}; ` +
            'or lower settings.keepFree'
          if (used + dns.keepFree >= most)
            return warning(
              about,
              `${found}, and keepFree leaves ${dns.keepFree} to others: no new name is written`,
              remedy
            )
          if (used >= most * nearlyFull) return warning(about, `${found}: nearly full`, remedy)
          return ok(about, found)
        })
      )
    })
}
