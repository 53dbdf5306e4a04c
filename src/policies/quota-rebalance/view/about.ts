import type { QuotaReport } from './report.ts'

/** Lists every cluster that shares quotas. */
export const quotaClustersOf = ({ groups }: QuotaReport): readonly string[] => [
  ...new Set(groups.flatMap(({ resources }) => resources.flatMap(({ projects }) => projects.map((one) => one.cluster))))
]

/** Narrows a report to what is about one cluster. */
export function reportOn({ groups }: QuotaReport, about: string): QuotaReport {
  const of = <One extends { readonly cluster: string }>(all: readonly One[]) =>
    all.filter(({ cluster }) => cluster === about)
  return {
    groups: groups
      .filter(({ resources }) => resources.some(({ projects }) => of(projects).length > 0))
      .map((group) => ({
        ...group,
        resources: group.resources.map((one) => ({ ...one, projects: of(one.projects) })),
        requests: of(group.requests),
        moves: of(group.moves)
      }))
  }
}
