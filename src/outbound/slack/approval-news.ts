import type { SlackConfig } from '../../config/config.ts'
import type { Approval } from '../../core/approval.ts'
import type { Journal } from '../../store/journal.ts'
import { approvalMessage, stateNow } from './blocks.ts'
import type { Posts } from './posts.ts'

interface Parts {
  readonly journal: Journal
  readonly settings: () => SlackConfig | null
  readonly now: () => number
}

const mostAtOnce = 200

/** Posts open approvals, and updates each message with the state of its approval. */
export function createApprovalNews({ journal, settings, now }: Parts, posts: Posts): () => Promise<void> {
  /** Messages whose approval may still change. */
  const watched = new Set<number>()
  const settled = new Set<number>()
  let first = true

  async function all(): Promise<readonly Approval[]> {
    const rows = await journal.approvals({ limit: mostAtOnce, ...(first ? {} : { state: 'open' }) })
    const missing = [...watched].filter((id) => !rows.some((row) => row.id === id))
    const more = await Promise.all(missing.map((id) => journal.approvals({ id })))
    return [...rows, ...more.flat()].sort((a, b) => a.id - b.id)
  }

  async function tell(approval: Approval): Promise<void> {
    const { id } = approval
    const about = `approval:${id}`
    const state = stateNow(approval, now())
    const shown = `${state}:${approval.votes.length}`
    const standing = await posts.standing(about)
    const message = () => approvalMessage(approval, now())
    const ended = isEnded(approval, state, now())
    let told = true
    if (standing === 'none') {
      const channel = settings()?.channel ?? null
      // What was answered before anybody was told needs no message.
      if (state === 'open' && channel !== null) {
        watched.add(id)
        told = await posts.post({ about, at: approval.requestedAt }, channel, message(), shown)
      }
    } else if (standing !== 'lost') {
      watched.add(id)
      if (standing.shown !== shown) told = await posts.update(about, standing, message(), shown)
    }
    if (!told || !ended) return
    watched.delete(id)
    settled.add(id)
  }

  return async () => {
    for (const approval of await all()) if (!settled.has(approval.id)) await tell(approval)
    first = false
  }
}

const isEnded = ({ expires }: Approval, state: Approval['state'], nowMs: number): boolean =>
  state === 'granted' ? nowMs >= expires : state !== 'open'
