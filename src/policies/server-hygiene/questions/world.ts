import { defineQuestion } from '../../shared/define-question.ts'
import { openBreaches } from '../../shared/open-breaches.ts'
import type { Tools } from '../../shared/tools.ts'
import type { KnownSubject } from '../subject.ts'
import { readAll } from './reading.ts'

/** Everything of all clusters, with what was found before. */
export interface HygieneWorld {
  readonly now: number
  readonly subjects: readonly KnownSubject[]
  /** Lane → the states of what it was last found to break. */
  readonly known: Readonly<Record<string, readonly KnownFinding[]>>
  /** Lanes that may change any moment, or are held up. */
  readonly busy: readonly string[]
}

/** A finding that the journal has of a lane: its rule and state. */
export interface KnownFinding {
  readonly rule: string
  readonly state: string
}

interface Params {
  readonly policy: string
  readonly keep: string
}

/** Defines the question: what is there, all of it? Complete, or it rejects. */
export const hygieneWorldQuestion = defineQuestion(
  'hygiene-world',
  async (params: Params, tools): Promise<HygieneWorld> => {
    // What is busy is read before and after: a lane that worked in between may look different without being drift.
    const before = await tools.journal.busyLanes(params.policy)
    const clusters = await tools.clusters()
    const perCluster = await Promise.all(clusters.map((cluster) => readAll(cluster, params, tools)))
    const [known, after] = await Promise.all([
      knownFindings(params.policy, tools),
      tools.journal.busyLanes(params.policy)
    ])
    return { now: tools.now(), subjects: perCluster.flat(), known, busy: [...new Set([...before, ...after])].sort() }
  }
)

async function knownFindings(policy: string, { journal }: Tools): Promise<HygieneWorld['known']> {
  const found: Record<string, KnownFinding[]> = {}
  for (const { lane, rule, state } of await openBreaches(journal, { policy })) {
    found[lane] ??= []
    found[lane].push({ rule, state })
  }
  return found
}
