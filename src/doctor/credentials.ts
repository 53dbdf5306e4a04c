import { errorText } from '../base/error-text.ts'
import { OpenStackError } from '../clients/openstack/openstack-error.ts'
import { type DoctorCheck, type DoctorFinding, failing, ok, warning } from './finding.ts'
import type { CheckedEntry } from './target.ts'

/** Roles that may write record sets by Designate's default policy. */
const writers = ['member', 'manager', 'admin']
const readers = ['reader', ...writers]

/** Does each entry authenticate, and with no more than it needs? */
export const credentials: DoctorCheck = {
  name: 'credentials',
  examine: async ({ entries }) => (await Promise.all(entries.map(examine))).flat()
}

async function examine(entry: CheckedEntry): Promise<readonly DoctorFinding[]> {
  const about = `cloud entry ${entry.name}`
  let roles: readonly string[]
  let project: string
  try {
    roles = (await entry.cloud.roles()).toSorted()
    project = await entry.cloud.projectName()
  } catch (error) {
    return [failing(about, errorText(error), remedyOf(error, entry))]
  }
  const has = (wanted: readonly string[]) => roles.some((role) => wanted.includes(role.toLowerCase()))
  const found = `authenticates in project ${project}, roles ${roles.join(', ') || 'none'}`
  const findings: DoctorFinding[] = []
  // Quotas and isolation take an administrator: then one that does nothing else.
  if ((entry.writesQuotas || entry.seesAll) && !entry.writesDns && entry.clusters.length === 0)
    return [ok(about, found)]
  if (has(['admin']))
    findings.push(
      warning(
        about,
        `${found}: with admin a leaked password, or a mistake of ours, reaches every project`,
        entry.writesQuotas || entry.seesAll
          ? 'quota-rebalance and isolation need it, nothing else does: name an entry of its own under their settings.cloud'
          : `give this entry a user of its own with ${entry.writesDns ? 'member' : 'reader'} in project ${project} only: ` +
              `openstack role add --user <user> --project ${project} ${entry.writesDns ? 'member' : 'reader'}`
      )
    )
  if (entry.writesDns && !has(writers)) {
    const remedy = `openstack role add --user <user> --project ${project} member`
    if (has(['reader'])) findings.push(failing(about, `${found}: a reader may not write DNS`, remedy))
    else
      findings.push(
        warning(
          about,
          `${found}: none that writes DNS by Designate's default policy`,
          `unless your Designate's policy says otherwise: ${remedy}`
        )
      )
  } else if (!has(readers))
    findings.push(
      warning(
        about,
        `${found}: none that reads servers by the default policies`,
        `unless your policies say otherwise: openstack role add --user <user> --project ${project} reader`
      )
    )
  return findings.length > 0 ? findings : [ok(about, found)]
}

function remedyOf(error: unknown, { name, cloud }: CheckedEntry): string {
  const address = cloud.entry.authUrl
  if (error instanceof OpenStackError && error.code === 'authentication')
    return (
      `correct user, password (or application credential) and project of the entry '${name}' in clouds.yaml; ` +
      `try it with: openstack --os-cloud ${name} token issue. An application credential dies with its user and its roles`
    )
  return `is Keystone at ${address} up, and may this machine reach it (name, firewall, proxy, CA bundle in cacert)?`
}
