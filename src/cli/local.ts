import { setTimeout } from 'node:timers/promises'
import type { OperationsContext } from '../people/on-journal/context.ts'
import type { Operations } from '../people/operations.ts'
import { type Context, configured, type ExitCode, journalOf, journalPath } from './command.ts'
import type { Place } from './place.ts'
import { simulatedConfig } from './simulated.ts'

/** Where the operations are done that a command asks for; `place` is asked once they are. */
export interface Opened {
  readonly operations: Operations
  place(): Promise<Place>
  close(): Promise<void>
}

/** So long a command waits for a running product to decide. */
const patienceMs = 10_000

/**
 * Opens the journal that is configured here, for whoever runs the command: authenticated by nobody. An exit code after saying what is
 * wrong.
 */
export async function openLocal(context: Context): Promise<Opened | { readonly code: ExitCode }> {
  const config = await configured(context)
  if (config === undefined) return { code: 1 }
  const otherwise = 'go to the directory that it runs in, or set REFLEX_URL to the address of a running one'
  const journal = await journalOf(config, context, otherwise)
  if (journal === null) return { code: 3 }
  const path = journalPath(config, context)
  const here = config ?? (await simulatedConfig())
  const [
    { enabledPolicies },
    { quotaInstances },
    { serviceNames },
    { operationsOnJournal },
    { doubtsOf },
    { shownModes }
  ] = await Promise.all([
    import('../policies/enabled.ts'),
    import('../policies/quota-rebalance/instances.ts'),
    import('../policies/workload-actions/service-names.ts'),
    import('../people/on-journal/operations.ts'),
    import('../people/on-journal/status.ts'),
    import('../people/texts/modes.ts')
  ])
  const parts: OperationsContext = {
    journal,
    tiers: Object.fromEntries(here.clusters.map(({ name, tier }) => [name, tier])),
    approvals: here.approvals,
    operate: here.access.operate,
    quotas: quotaInstances(here),
    services: serviceNames(here),
    modes: shownModes(here.policies),
    now: Date.now,
    async receive(batch) {
      const { receive } = await import('../pipeline/pipeline.ts')
      return receive({ journal, policies: enabledPolicies(here) }, batch)
    }
  }
  const actor = { name: `local:${process.getuid?.() ?? 'unknown'}`, groups: [], local: true }
  const following = {
    // Whoever runs here finds what is due within a second.
    wake: () => {},
    withinMs: patienceMs,
    sleep: context.sleep ?? ((ms: number) => setTimeout(ms))
  }
  const operations = operationsOnJournal(parts, actor, following)
  return {
    operations: {
      ...operations,
      async status() {
        const now = await operations.status()
        if (!now.ok) return now
        const { doubts, names } = await doubtsOf(parts)
        return { ...now, doubts, ...(names.length > 0 && { names }) }
      }
    },
    async place() {
      const { journalHolder } = await import('../store/open.ts')
      const [installation, running] = [await journal.installId(), journalHolder(path)]
      return { journal: path, installation, simulated: config === null, ...(running === null ? {} : { running }) }
    },
    close: () => journal.close()
  }
}
