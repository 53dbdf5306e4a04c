import type { Mistake } from './problems.ts'
import type { WrittenConfig } from './schema.ts'

/** Who may do less than may be meant: an empty list of groups means nobody as soon as people are known by name. */
export function accessWarnings({ access, approvals, clusters, slack, tokens }: WrittenConfig): Mistake[] {
  const warnings: Mistake[] = []
  const warn = (path: Mistake['path'], message: string, allowed: string) =>
    warnings.push({ path, part: 'key', value: undefined, message, allowed })
  for (const [n, { role, groups, actor }] of tokens.entries())
    if (role === 'read' && groups.length > 0)
      warn(['tokens', n, 'groups'], `${actor} only reads: these groups let it do nothing`, 'no groups, or role: person')
  const people = [...tokens.filter(({ role }) => role !== 'read'), ...Object.values(slack?.users ?? {})]
  const known = [...people.flatMap(({ groups }) => groups), ...Object.values(slack?.userGroups ?? {}).flat()]
  if (tokens.length === 0 && slack === undefined) return warnings
  const groups = [...new Set(known)].join(', ') || 'groups that people with tokens are in'
  const nobody = 'names no group: with tokens (or Slack) that means nobody'
  if (access.operate.length === 0)
    warn(['access', 'operate'], `${nobody} may stop, resume, undo, restart or ask for quota`, groups)
  for (const tier of new Set(Object.values(clusters).map((one) => one.tier)))
    if (approvals.tiers[tier].groups.length === 0)
      warn(
        ['approvals', 'tiers', tier, 'groups'],
        `${nobody} may approve what is done on clusters of this tier`,
        groups
      )
  return warnings
}
