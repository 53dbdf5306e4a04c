import { errorText } from '../../../base/error-text.ts'
import type { Quotas } from '../../../clients/cloud/quotas.ts'
import type { CallOptions } from '../../../clients/openstack/cloud.ts'
import type { ActionContext, Inverse, Result } from '../../../core/action.ts'
import { type QuotaCell, quotaSeries } from '../../../core/quota.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'
import { booksOf, type Posting, posted, type QuotaSet } from '../books.ts'
import { grown } from './grow.ts'
import { shrunk } from './shrink.ts'

type Cells = Readonly<Record<string, QuotaCell>>
type Limits = Readonly<Record<string, number>>

/**
 * Sets limits of one project in one service. Usage is read right before a limit is lowered and once more after it: what
 * would be (or is) below usage is not lowered, or put back. A limit is raised by what is free of the group's capacity
 * at that moment, however much was planned.
 */
export const quotaSet: DefinedAction<QuotaSet, 'update'> = defineAction({
  type: 'quota-set',
  risk: 'update',
  async perform(input, context) {
    const { service, projectId, direction } = input
    const { quotas } = await context.tools.cloud(input.cloud)
    const before = await quotas.read(service, projectId)
    const [books] = await context.tools.journal.applied({ targets: [context.target] })
    const applied = (limits: Limits, postings: readonly Posting[]) => ({
      target: context.target,
      scope: context.scope,
      value: posted(booksOf(books), limits, postings)
    })

    const wanted = limitsOf(input, (change) => change.to)
    // Done by an attempt whose end nobody saw: what it was to post is posted now.
    if (Object.entries(wanted).every(([resource, to]) => before[resource]?.limit === to))
      return {
        outcome: 'unchanged',
        applied: applied(wanted, input.postings),
        note: said(input, wanted, 'was so already')
      }
    const other = Object.entries(input.changes).find(([resource, { from }]) => before[resource]?.limit !== from)
    if (other !== undefined) {
      const [resource, { from }] = other
      const found = before[resource]?.limit ?? 'none'
      return { outcome: 'stale', reason: `${input.project} ${resource} is ${found}; ${from} was expected` }
    }

    const target = direction === 'shrink' ? shrunk(input, before) : grown(input, await ofGroup(input, quotas))
    if (!target.ok) return { outcome: 'stale', reason: target.reason }
    const call = { requestId: context.requestId, before: context.beforeChange }
    const written = await write(quotas, input, target.limits, call)
    if ('outcome' in written) return written
    const kept = direction === 'shrink' ? await putBack(quotas, input, written.after, context) : []
    const limits = Object.fromEntries(Object.entries(target.limits).filter(([resource]) => !kept.includes(resource)))
    // People look at limits as of the last reading, and this is one.
    await context.tools.journal.sample(
      Object.keys(limits).flatMap((resource) => {
        const cell = written.after[resource]
        const series = quotaSeries(input.cloud, input.project, resource)
        return cell === undefined ? [] : [{ series, value: [cell.limit, cell.used] }]
      })
    )
    if (Object.keys(limits).length === 0) {
      const reason = `usage of ${kept.join(', ')} grew in the very moment: ${input.project} has its limits back`
      return { outcome: 'retry', reason, afterMs: 2000, called: true }
    }
    return {
      outcome: 'changed',
      applied: applied(limits, scaled(input, limits)),
      note: said(input, limits, kept.length === 0 ? '' : `${kept.join(', ')} left: usage grew`),
      requestId: written.requestId,
      inverse: inverseOf(input, limits)
    }
  }
})

/** The limits of every project of the group, read now. */
async function ofGroup({ service, group }: QuotaSet, quotas: Quotas): Promise<readonly Cells[]> {
  return Promise.all(group.map((projectId) => quotas.read(service, projectId)))
}

async function write(
  quotas: Quotas,
  { service, projectId, project }: QuotaSet,
  limits: Limits,
  call: CallOptions
): Promise<Awaited<ReturnType<Quotas['write']>> | Result> {
  try {
    return await quotas.write(service, projectId, limits, call)
  } catch (error) {
    // The service looks at usage itself, and it has grown since we looked.
    if ((error as { status?: number }).status !== 400) throw error
    return { outcome: 'stale', reason: `${project}: ${errorText(error)}` }
  }
}

/** A service that does not look at usage takes in meanwhile what it still had room for: its requests are short. */
const settleMs = 300

/** Resources whose usage turned out to be above the limit that was just set: they have their former one back. */
async function putBack(
  quotas: Quotas,
  input: QuotaSet,
  after: Cells,
  context: ActionContext<Tools>
): Promise<readonly string[]> {
  const { service, projectId, changes } = input
  let now = after
  if (quotas.capabilities()[service].refusesBelowUsage !== true) {
    await context.sleep(settleMs)
    now = await quotas.read(service, projectId)
  }
  const over = Object.keys(changes).filter(
    (resource) => (now[resource]?.used ?? 0) > (now[resource]?.limit ?? Infinity)
  )
  if (over.length === 0) return []
  const limits = Object.fromEntries(over.map((resource) => [resource, changes[resource]!.from]))
  // Not asked for permission: whoever says stop does not want a project to be left without what it uses.
  await quotas.write(service, projectId, limits, { timeoutMs: 30_000, requestId: context.requestId })
  return over
}

const limitsOf = ({ changes }: QuotaSet, of: (change: QuotaSet['changes'][string]) => number): Limits =>
  Object.fromEntries(Object.entries(changes).map(([resource, change]) => [resource, of(change)]))

/** What of the postings came about: no more than the limit really moved, the first posting first. */
function scaled({ changes, postings }: QuotaSet, limits: Limits): readonly Posting[] {
  const left = new Map(
    Object.entries(changes).map(([resource, { from }]) => [resource, Math.abs((limits[resource] ?? from) - from)])
  )
  return postings.flatMap((posting) => {
    const { resource, amount } = posting
    const room = left.get(resource)
    // One that settles another: no limit moves.
    if (room === undefined) return [posting]
    const taken = Math.min(room, Math.abs(amount))
    left.set(resource, room - taken)
    return taken === 0 ? [] : [{ ...posting, amount: Math.sign(amount) * taken }]
  })
}

function inverseOf(input: QuotaSet, limits: Limits): Inverse {
  const changes = Object.fromEntries(
    Object.entries(limits).map(([resource, to]) => {
      const change = input.changes[resource]!
      return [resource, { ...change, from: to, to: change.from, leave: 0 }]
    })
  )
  const direction = input.direction === 'shrink' ? 'grow' : 'shrink'
  const postings = input.postings.map((posting) => ({ ...posting, amount: -posting.amount }))
  return quotaSet.inverse({ ...input, direction, changes, postings, after: [] })
}

function said({ project, changes }: QuotaSet, limits: Limits, more: string): string {
  const moved = Object.entries(limits).map(([resource, to]) => `${resource} ${changes[resource]!.from} → ${to}`)
  return `${project}: ${moved.join(', ')}${more === '' ? '' : ` (${more})`}`
}
