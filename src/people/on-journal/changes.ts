import type { Actor } from '../../core/approval.ts'
import { accept } from '../accept.ts'
import { again } from '../again.ts'
import type { Answer } from '../answer.ts'
import { decisionAfter, decisionsOf, type Patience } from '../decided.ts'
import { approvalView, type DecisionView, decisionView, stopView } from '../explain/views.ts'
import type { Changes, QuotaFollowed } from '../operations.ts'
import type { QuotaAsked } from '../request-quota.ts'
import { restart } from '../restart.ts'
import { resume, stop } from '../stops.ts'
import { requestUndo } from '../undo.ts'
import { unpark } from '../unpark.ts'
import { vote } from '../vote.ts'
import type { OperationsContext } from './context.ts'

/** What follows once something is journalled: wake-ups, and how long a decision is waited for. */
export interface Following extends Patience {
  /** Something may be due. */
  readonly wake: () => void
}

/** Makes the changes on the journal, for this actor; each waits a while for what is decided because of it. */
export function changesOnJournal(context: OperationsContext, actor: Actor, { wake, ...patience }: Following): Changes {
  const { journal } = context

  const newest = async () => (await journal.decisions({ limit: 1 }))[0]?.id ?? 0

  async function decided(of: { policy: string; lane: string }, after: number): Promise<DecisionView | null> {
    const found = await decisionAfter(journal, of, after, patience)
    return found === null ? null : decisionView(found)
  }

  /** Goes on where something was done. */
  async function following<T extends object, Then extends object>(
    answer: Answer<T>,
    then: (done: T) => Then | Promise<Then>
  ): Promise<Answer<Then>> {
    if (!answer.ok) return answer
    wake()
    return { ok: true, ...(await then(answer)) }
  }

  const followed = async ({ request, lane, until, event, lanes }: QuotaAsked): Promise<QuotaFollowed> => {
    const [found] = await decisionsOf(journal, { event, lanes }, patience)
    const end = until === null ? null : new Date(until).toISOString()
    return { request, lane, until: end, decision: found === undefined ? null : decisionView(found) }
  }

  return {
    async vote(id, verdict, reason) {
      const after = await newest()
      return following(await vote(context, actor, id, verdict, reason), async ({ approval, missing }) => {
        if (approval.state === 'open') return { approval: approvalView(approval), missing, decision: null }
        const decision = await decided(approval, after)
        // The decision may have superseded it, and then says why.
        const [now = approval] = await journal.approvals({ id: approval.id })
        return { approval: approvalView(now), missing, decision }
      })
    },
    async stop(cluster, reason) {
      return following(await stop(context, actor, cluster, reason), ({ stop: id, memory, others }) => ({
        stop: id,
        cluster,
        ...(memory === undefined ? {} : { memory }),
        others: others.map(stopView)
      }))
    },
    async resume(which, reason) {
      return following(await resume(context, actor, which, reason), ({ lifted, lanes, left }) => ({
        stop: lifted.id,
        cluster: lifted.cluster,
        lifted: stopView(lifted),
        lanes,
        left: left.map(stopView)
      }))
    },
    async accept(what, reason) {
      return following(await accept(context, actor, what, reason), ({ accepted }) => ({ accepted }))
    },
    async undo(action, reason) {
      const after = await newest()
      return following(await requestUndo(context, actor, action, reason), async ({ policy, lane }) => ({
        policy,
        lane,
        decision: await decided({ policy, lane }, after)
      }))
    },
    async again(id, reason) {
      const after = await newest()
      return following(await again(context, actor, id, reason), async ({ policy, lane, before }) => ({
        policy,
        lane,
        before: decisionView(before),
        decision: await decided({ policy, lane }, after)
      }))
    },
    async unpark(words, reason) {
      return following(await unpark(context, actor, words, reason), ({ policy, lane }) => ({ policy, lane }))
    },
    async restart(service, cluster, reason) {
      return following(await restart(context, actor, service, cluster, reason), async (asked) => ({
        event: asked.event,
        decisions: (await decisionsOf(journal, asked, patience)).map(decisionView)
      }))
    },
    async requestQuota(wish) {
      const { requestQuota } = await import('../request-quota.ts')
      return following(await requestQuota(context, context.quotas ?? [], actor, wish), followed)
    },
    async releaseQuota(id, reason) {
      const { releaseQuota } = await import('../request-quota.ts')
      return following(await releaseQuota(context, context.quotas ?? [], actor, id, reason), followed)
    }
  }
}
