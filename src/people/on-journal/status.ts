import type { Answer } from '../answer.ts'
import { readingOf } from '../context.ts'
import { approvalView, laneView, stopView } from '../explain/views.ts'
import type { Status } from '../operations.ts'
import type { OperationsContext } from './context.ts'

const mostApprovals = 500

/** Reads what holds now, as far as the journal has it. */
export async function status(context: OperationsContext): Promise<Answer<Status>> {
  const reading = readingOf(context)
  const [stops, held, parked, approvals] = await Promise.all([
    reading.stops(),
    reading.lanes({ held: true }),
    reading.lanes({ parked: true }),
    reading.approvals({ state: 'open', limit: mostApprovals })
  ])
  return {
    ok: true,
    product: null,
    modes: context.modes ?? {},
    stops: stops.map(stopView),
    held: held.map(laneView),
    parked: parked.map(laneView),
    approvals: approvals.map(approvalView)
  }
}

/** Reads what only a running product says of its journal; asked where none was. */
export async function doubtsOf({
  journal
}: Pick<OperationsContext, 'journal'>): Promise<Required<Pick<Status, 'doubts' | 'names'>>> {
  const [doubt, unwritten, pins] = await Promise.all([journal.doubt(), journal.unwrittenStops(), journal.namePins('')])
  const lost =
    doubt === null
      ? []
      : [`this may not be the journal that was here: ${doubt}; \`reflex accept journal\` goes on with it`]
  const inForce = unwritten.map(
    ({ cluster, by, reason }) =>
      `${cluster ?? 'everything'} is stopped by ${by} (${reason}): in force where the product runs, and not written yet`
  )
  return { doubts: [...lost, ...inForce], names: pins.flatMap(({ trouble }) => trouble ?? []) }
}
