import { isDeepStrictEqual } from 'node:util'

/** The part of a configuration that is read once, at start. */
export interface FixedConfig {
  readonly journal: { readonly path: string; readonly keepMs: number; readonly keepIdsMs: number }
  readonly http: { readonly host: string; readonly port: number; readonly hosts: readonly string[] }
  readonly log: { readonly level: string }
  readonly roles: readonly string[]
}

/** What differs but cannot change while it runs, as sentences; everything else can. */
export function reloadable(before: FixedConfig, after: FixedConfig): readonly string[] {
  const fixed = (config: FixedConfig): Readonly<Record<string, unknown>> => ({
    'journal.path': config.journal.path,
    'journal.keep': config.journal.keepMs,
    'journal.keepIds': config.journal.keepIdsMs,
    'http.host': config.http.host,
    'http.port': config.http.port,
    'http.hosts': config.http.hosts,
    'log.level': config.log.level,
    REFLEX_ROLES: config.roles
  })
  const now = fixed(after)
  return Object.entries(fixed(before))
    .filter(([path, value]) => !isDeepStrictEqual(value, now[path]))
    .map(([path]) => `${path} cannot change while it runs: restart to use it`)
}
