import type { Path, Position } from './document.ts'
import type { WrittenConfig } from './schema.ts'

/** An entry of clouds.yaml that the configuration names, and where. */
export interface NamedEntry extends Position {
  readonly name: string
  /** e.g. `clusters.dev.cloud`. */
  readonly path: string
}

/** Every `cloud`, also of a configuration with mistakes: of clusters, and of policies that are not off. */
export function namedEntries(written: WrittenConfig): readonly { readonly name: string; readonly path: Path }[] {
  const clusters = Object.entries(written.clusters ?? {}).map(([name, one]) => ({
    name: (one as { cloud?: unknown } | null)?.cloud,
    path: ['clusters', name, 'cloud']
  }))
  const policies = Object.entries(written.policies ?? {}).flatMap(([policy, entry]) => {
    const modes = [entry?.mode, ...Object.values(entry?.clusters ?? {})]
    if (modes.every((mode) => mode === 'off')) return []
    const { cloud } = (entry?.settings ?? {}) as { cloud?: unknown }
    return [{ name: cloud, path: ['policies', policy, 'settings', 'cloud'] }]
  })
  return [...clusters, ...policies].flatMap(({ name, path }) => (typeof name === 'string' ? [{ name, path }] : []))
}
