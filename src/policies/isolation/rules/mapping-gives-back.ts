import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a federation mapping that gives roles in several clusters or an admin role, or takes projects and groups from claims. */
export const mappingGivesBack: Rule<'mapping'> = {
  name: 'mapping-gives-back',
  layer: 'identity',
  kind: 'mapping',
  severity: 'medium',
  mode: 'observe',
  cuts: false,
  what: 'A federation mapping gives roles in several clusters’ projects at once, or an admin role in one, or takes projects and groups from claims',
  why: 'What is revoked in Keystone comes back at the next login',
  events: [],
  proof: 'GET /v3/OS-FEDERATION/mappings/{id}',
  remedy:
    'None by itself: everybody who logs in goes through the mapping. Change it, or what the identity provider claims',
  undo: '-',
  judge(mapping, world) {
    const gives = mapping.gives.flatMap((one) => {
      const cluster = world.clusters.find(
        ({ projectId, projectName }) => one.project === projectId || one.project === projectName
      )
      return cluster === undefined ? [] : [{ cluster: cluster.name, roles: one.roles }]
    })
    const clusters = [...new Set(gives.map((one) => one.cluster))]
    const evidence = { mapping: mapping.id, gives, fromClaims: mapping.fromClaims }
    const base = { to: '*', evidence }
    const name = `mapping ${called(mapping)}`
    const facts = gives
      .filter(({ roles }) => roles.some((role) => world.settings.adminRoles.includes(role)))
      .map(({ cluster }) => ({
        ...base,
        detail: `admin ${cluster}`,
        from: cluster,
        summary: `${name} gives an admin role in ${cluster}`
      }))
    if (clusters.length > 1)
      facts.push({
        ...base,
        detail: 'several',
        from: clusters[0]!,
        summary: `${name} gives roles in ${clusters.join(' and ')}`
      })
    if (mapping.fromClaims)
      facts.push({
        ...base,
        detail: 'claims',
        from: '*',
        summary: `${name} takes projects or groups from claims: what it gives cannot be told`
      })
    return [...new Map(facts.map((fact) => [fact.detail, fact])).values()]
  },
  close: () => ({
    none: 'change the mapping, or what the identity provider claims; revoking roles alone does not last'
  })
}
