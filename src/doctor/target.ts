import { accessSync, constants, statfsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createDesignate } from '../clients/designate/client.ts'
import type { Designate, Zone } from '../clients/designate/designate.ts'
import type { Cloud } from '../clients/openstack/cloud.ts'
import { type LoadedCloud, loadCloud } from '../clients/openstack/clouds.ts'
import { connectCloud } from '../clients/openstack/http.ts'
import type { Config } from '../config/config.ts'
import { type Environment, loadConfig } from '../config/load.ts'
import type { Problem } from '../config/problems.ts'
import { dnsRecords } from '../policies/dns-records/policy.ts'
import type { DnsSettings } from '../policies/dns-records/settings.ts'
import { policies } from '../policies/index.ts'
import { isolation as isolationPolicy } from '../policies/isolation/policy.ts'
import type { IsolationSettings } from '../policies/isolation/settings.ts'
import { quotaRebalance } from '../policies/quota-rebalance/policy.ts'
import type { QuotaSettings } from '../policies/quota-rebalance/settings.ts'
import { type InstanceOf, instancesOf } from '../policies/shared/instances-of.ts'

/** An entry of clouds.yaml that the configuration names, opened but not yet asked. */
export interface CheckedEntry {
  readonly name: string
  /** Clusters that are read through it. */
  readonly clusters: readonly string[]
  /** Its project owns the zones. */
  readonly writesDns: boolean
  /** It sets quotas, as an administrator. */
  readonly writesQuotas: boolean
  /** It reads all projects and closes what is open between them, as an administrator. */
  readonly seesAll: boolean
  readonly cloud: Cloud
  readonly designate: Designate
  /** Its zones, read once for all checks. */
  zones(): Promise<readonly Zone[]>
}

/** One instance of a policy, with what it looks after. */
export interface Instance<Settings> {
  readonly policy: string
  readonly settings: Settings
  /** Those of its own clusters, and its own. */
  readonly entries: readonly CheckedEntry[]
}

/** The target of all checks: the configuration, the clouds that it names, opened, and where journal and product are. */
export interface CheckTarget {
  /** Where the configuration is; null: there is none, and the product would run on the simulated cloud. */
  readonly file: string | null
  /** null where there is none, or where it cannot be read. */
  readonly config: Config | null
  /** Every mistake in it. */
  readonly problems: readonly Problem[]
  /** Mistakes in clouds.yaml, by entry. */
  readonly cloudProblems: ReadonlyMap<string, LoadedCloud & { ok: false }>
  readonly entries: readonly CheckedEntry[]
  /** Every instance of `dns-records` that is not off. */
  readonly dns: readonly Instance<DnsSettings>[]
  /** Every instance of `quota-rebalance` that is not off. */
  readonly quotas: readonly Instance<QuotaSettings>[]
  /** Every instance of `isolation` that is not off. */
  readonly isolation: readonly Instance<IsolationSettings>[]
  readonly journalPath: string
  /** Where a running product would answer, and whether REFLEX_URL says so. */
  readonly productUrl: string
  readonly productNamed: boolean
  readonly now: () => number
  /** Free bytes where this path is. */
  readonly freeBytes: (path: string) => number
  /** Whether this user may write there. */
  readonly mayWrite: (path: string) => boolean
  readonly timeoutMs: number
  close(): void
}

/** Where `reflex doctor` finds its target; what a test replaces. */
export interface TargetOptions {
  readonly env: Environment
  readonly cwd: string
  readonly now?: () => number
  readonly freeBytes?: (path: string) => number
  readonly mayWrite?: (path: string) => boolean
  /** For each call and each check. */
  readonly timeoutMs?: number
}

/** Reads the configuration and opens what it names; asks nobody yet. */
export function openTarget(options: TargetOptions): CheckTarget {
  const { env, cwd, now = Date.now, freeBytes = free, mayWrite = writable, timeoutMs = 10_000 } = options
  const loaded = loadConfig({ env, cwd, policies })
  // Without its secrets most of it can still be looked at.
  const rest = loaded.ok ? loaded : loadConfig({ env, cwd, policies, secrets: false })
  const config = rest.ok ? rest.config : null
  const on = (config?.policies ?? []).filter(({ mode }) => mode !== 'off')
  const dnsOn = instancesOf(dnsRecords, on)
  const quotaOn = instancesOf(quotaRebalance, on)
  const isolationOn = instancesOf(isolationPolicy, on)
  const cloudsOf = (all: readonly InstanceOf<{ readonly cloud: string }>[]) => all.map(({ settings }) => settings.cloud)
  const [dns, isolation, quotas] = [cloudsOf(dnsOn), cloudsOf(isolationOn), cloudsOf(quotaOn)]

  const cloudProblems = new Map<string, LoadedCloud & { ok: false }>()
  const clusters = config?.clusters ?? []
  const others = [...dns, ...quotas, ...isolation]
  const names = [...new Set([...clusters.map(({ cloud }) => cloud), ...others])]
  const entries = names.flatMap((name): CheckedEntry[] => {
    const found = loadCloud(name, env, { cwd })
    if (!found.ok) {
      cloudProblems.set(name, found)
      return []
    }
    // A little less than a check may take, so that it says what did not answer.
    const patience = { attempts: 1, timeoutMs: Math.round(timeoutMs * 0.8) }
    // No breaker: each finding is to say what happened, not that it happened before.
    const cloud = connectCloud(found.cloud, { ...patience, breaker: { failures: Number.POSITIVE_INFINITY }, now })
    const designate = createDesignate(cloud)
    let zones: Promise<readonly Zone[]> | undefined
    return [
      {
        name,
        clusters: clusters.filter((cluster) => cluster.cloud === name).map((cluster) => cluster.name),
        writesDns: dns.includes(name),
        writesQuotas: quotas.includes(name),
        seesAll: isolation.includes(name),
        cloud,
        designate,
        zones: () => (zones ??= designate.listZones())
      }
    ]
  })
  const looking = <Settings extends { readonly cloud: string }>(instances: readonly InstanceOf<Settings>[]) =>
    instances.map(({ name, openstack, settings }): Instance<Settings> => {
      const own = clusters.filter((one) => openstack === null || one.openstack === openstack)
      const read = new Set([settings.cloud, ...own.map((one) => one.cloud)])
      return { policy: name, settings, entries: entries.filter((one) => read.has(one.name)) }
    })
  return {
    file: loaded.ok ? loaded.file : (env.REFLEX_CONFIG ?? 'reflex.yaml'),
    config,
    problems: loaded.ok ? [] : loaded.problems,
    cloudProblems,
    entries,
    dns: looking(dnsOn),
    quotas: looking(quotaOn),
    isolation: looking(isolationOn),
    productNamed: (env.REFLEX_URL ?? '') !== '',
    productUrl: env.REFLEX_URL || addressOf(config?.http ?? { host: '127.0.0.1', port: Number(env.PORT) || 8080 }),
    journalPath: resolve(cwd, config?.journal.path ?? '.data/simulated.db'),
    now,
    freeBytes,
    mayWrite,
    timeoutMs,
    close: () => {
      for (const { cloud } of entries) cloud.close()
    }
  }
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function free(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
