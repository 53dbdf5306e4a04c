import type { Mode, PolicyModes } from '../../core/policy.ts'

type Moded = PolicyModes & { readonly name: string }

/** Says modes as they are shown: by policy, and by `<policy> on <cluster>` where that differs. */
export const shownModes = (policies: readonly Moded[]): Readonly<Record<string, Mode>> =>
  Object.fromEntries(
    policies.flatMap(({ name, mode, clusters }) => [
      [name, mode] as const,
      ...Object.entries(clusters).map(([cluster, one]) => [`${name} on ${cluster}`, one] as const)
    ])
  )

/** Renders modes in one line. */
export const modesText = (policies: readonly Moded[]): string =>
  policies
    .map(({ name, mode, clusters }) => {
      const differing = Object.entries(clusters).map(([cluster, one]) => `${cluster}: ${one}`)
      return `${name} ${mode}${differing.length === 0 ? '' : ` (${differing.join(', ')})`}`
    })
    .join(', ')
