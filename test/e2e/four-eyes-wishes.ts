import type { PersonData } from '../../src/events/event.ts'
import type { Journal } from '../../src/store/journal.ts'

const wishes: readonly string[] = ['undo', 'again', 'restart', 'unpark', 'resume']

/**
 * Who asked for what a decision carries out, and who said yes to it, as the history alone tells: everybody whose wish one of
 * the lane's decisions heard since the last one that was carried out to its end or, of what the world decides, had nothing to do.
 */
export async function wishersBehind(journal: Journal, decision: number) {
  const [row] = await journal.decisions({ id: decision, limit: 1 })
  const of = await journal.decisions({ lane: row!.lane, limit: 1000 })
  const asked = new Set<string>()
  for (const one of of.filter(({ id }) => id <= decision).toReversed()) {
    for (const seq of one.events) {
      const { data } = (await journal.event(String(seq)))!
      const said = data as unknown as PersonData | null
      if (said?.kind === 'person' && wishes.includes(said.did)) asked.add(said.actor)
    }
    if (one.id === decision) break
    const done = await journal.actions({ decision: one.id, limit: 100 })
    const carriedOut = done.length > 0 && done.every(({ state }) => state === 'done')
    if (carriedOut || (one.policy === 'keep' && one.outcome === 'skip')) asked.clear()
  }
  const [approval] = await journal.approvals({ id: row!.approval! })
  const voted = approval!.votes.filter(({ verdict }) => verdict === 'approve').map(({ actor }) => actor)
  return { approval: approval!.id, wishers: [...asked], voted }
}
