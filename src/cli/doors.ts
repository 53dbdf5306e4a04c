import { setTimeout } from 'node:timers/promises'
import type { Actor } from '../core/approval.ts'
import { type Answer, type Doors, decisionAfter, decisionsOf } from '../people/people.ts'
import type { Journal } from '../store/journal.ts'
import type { DecisionRow } from '../store/rows.ts'
import { type Context, configured, journalOf, journalPath } from './command.ts'
import type { Reached } from './place.ts'
import { simulatedConfig } from './simulated.ts'

/** The journal on this machine, and who stands before its doors: whoever runs the command, vouched for by nobody. */
export interface Here {
  readonly journal: Journal
  readonly doors: Doors
  readonly actor: Actor
  /** What a running product decides for the lane after this; null where none does within 10 s. */
  decided(lane: { readonly policy: string; readonly lane: string }): Promise<DecisionRow | null>
  /** What one decides because of an event, as far as it comes within 10 s. */
  decidedOf(event: { readonly event: number; readonly lanes: number }): Promise<readonly DecisionRow[]>
}

/** Does something at the doors of the local journal; after saying what is wrong, or why it was refused. */
export async function atDoors<T extends object>(
  context: Context,
  knock: (here: Here) => Promise<Answer<T>>
): Promise<Reached<T>> {
  const config = await configured(context)
  if (config === undefined) return { ok: false, code: 1 }
  const otherwise = 'go to the directory that it runs in, or set REFLEX_URL to the address of a running one'
  const journal = await journalOf(config, context, otherwise)
  if (journal === null) return { ok: false, code: 3 }
  const path = journalPath(config, context)
  const here = config ?? (await simulatedConfig())
  try {
    const [{ enabledPolicies }, { quotaInstances }, { serviceNames }] = await Promise.all([
      import('../policies/enabled.ts'),
      import('../policies/quota-rebalance/instances.ts'),
      import('../policies/workload-actions/service-names.ts')
    ])
    const [newest] = await journal.decisions({ limit: 1 })
    const patience = { withinMs: 10_000, sleep: context.sleep ?? ((ms: number) => setTimeout(ms)) }
    const answer = await knock({
      journal,
      doors: {
        journal,
        tiers: Object.fromEntries(here.clusters.map(({ name, tier }) => [name, tier])),
        approvals: here.approvals,
        operate: here.access.operate,
        quotas: quotaInstances(here),
        services: serviceNames(here),
        now: Date.now,
        async receive(batch) {
          const { receive } = await import('../pipeline/pipeline.ts')
          return receive({ journal, policies: enabledPolicies(here) }, batch)
        }
      },
      actor: { name: `local:${process.getuid?.() ?? 'unknown'}`, groups: [], local: true },
      decided: (lane) => decisionAfter(journal, lane, newest?.id ?? 0, patience),
      decidedOf: (event) => decisionsOf(journal, event, patience)
    })
    if (answer.ok) {
      const { journalHolder } = await import('../store/open.ts')
      const [installation, running] = [await journal.installId(), journalHolder(path)]
      const place = {
        journal: path,
        installation,
        simulated: config === null,
        ...(running === null ? {} : { running })
      }
      const { ok: _, ...value } = answer
      // What is left of the answer without `ok` is the T that it was made of.
      return { ok: true, value: value as unknown as T, place }
    }
    const { plain } = await import('../base/plain.ts')
    context.err(`${plain(answer.reason)}\n`)
    return { ok: false, code: 1 }
  } finally {
    await journal.close()
  }
}
