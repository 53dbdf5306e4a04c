import type { Actor } from '../core/approval.ts'
import type { Journal } from '../store/journal.ts'
import type { LaneRow } from '../store/rows.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate } from './permission.ts'
import { wake } from './person-event.ts'

/** Has a lane tried again that was set aside after a failure; what follows its name is a reason. */
export async function unpark(
  context: PeopleContext,
  actor: Actor,
  words: string,
  reason: string | null
): Promise<Answer<{ policy: string; lane: string }>> {
  const refused = mayNotOperate(context, actor)
  if (refused !== null) return refused
  const { rows, rest } = await laneIn(context.journal, words)
  const [parked, another] = rows.filter((row) => row.parked !== null)
  if (rows.length === 0) return no('unknown', `there is no lane ${words}: \`reflex parked\` lists those set aside`)
  const { key } = parked ?? rows[0]!
  if (parked === undefined) return no('conflict', `lane ${key} is not parked`)
  if (another !== undefined)
    return no(
      'conflict',
      `${rows.length} lanes are called ${key}; say which: ${rows.map((row) => `\`reflex unpark '${row.policy} ${key}'\``).join(' or ')}`
    )
  await wake(context, actor, { did: 'unpark', about: key, reason: reason ?? rest }, parked.policy, key)
  return { ok: true, policy: parked.policy, lane: key }
}

/** The lane whose name the words are, or begin with: names have spaces in them, and a reason may follow. */
async function laneIn(journal: Journal, words: string): Promise<{ rows: readonly LaneRow[]; rest: string | null }> {
  for (let end = words.length; end > 0; end = words.lastIndexOf(' ', end - 1)) {
    const said = words.slice(0, end)
    // As lists show a lane of one of several policies: behind its policy.
    const [policy = '', ...key] = said.split(' ')
    const named = await journal.lanes({ key: said })
    const rows =
      named.length > 0 ? named : (await journal.lanes({ key: key.join(' ') })).filter((row) => row.policy === policy)
    if (rows.length > 0) return { rows, rest: words.slice(end).trim() || null }
  }
  return { rows: [], rest: null }
}
