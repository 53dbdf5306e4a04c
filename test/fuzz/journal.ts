import { join } from 'node:path'
import fc from 'fast-check'
import { skip } from '../../src/core/policy.ts'
import { normaliseGitlab } from '../../src/events/gitlab.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { explain } from '../../src/people/explain/chain.ts'
import { renderExplanation } from '../../src/people/explain/render.ts'
import type { Journal } from '../../src/store/journal.ts'
import { openJournal } from '../../src/store/open.ts'
import { decided, wake } from '../contract/journal-facts.ts'
import { gitlab } from './gitlab.ts'
import { openstack } from './openstack.ts'
import { scratchFolder } from './scratch-folder.ts'
import { holds, type Target } from './target.ts'

type From<T> = T extends Target<infer Input> ? Input : never
type Input =
  | { readonly of: 'openstack'; readonly one: From<typeof openstack> }
  | { readonly of: 'gitlab'; readonly one: From<typeof gitlab> }

const folder = scratchFolder()
let journal: Journal | undefined
let kept = 0

const normalised = ({ of, one }: Input) =>
  of === 'openstack'
    ? normaliseOpenstack(
        { ...one, routingKey: 'notifications.info', body: Buffer.from(one.body, 'latin1') },
        { openstack: 'lab', region: 'R' }
      )
    : normaliseGitlab(
        { headers: one.headers, body: Buffer.from(one.body ?? '') },
        { instance: 'g.example', now: Date.now() }
      )

/** Whatever a normaliser lets through → rows that can be claimed, listed and explained. */
export const rows: Target<Input> = {
  name: 'journal',
  share: 2,
  inputs: fc.oneof(
    openstack.inputs.map((one): Input => ({ of: 'openstack', one })),
    gitlab.inputs.map((one): Input => ({ of: 'gitlab', one }))
  ),
  async check(input) {
    const result = normalised(input)
    if (!result.ok || result.events.length + result.ignored.length === 0) return 'nothing to store'
    journal ??= await openJournal({ path: join(folder.path(), 'journal.db') })
    const events = result.events.map((event) => ({ event, lanes: [wake('one')], note: null }))
    await journal.append({ events, ignored: result.ignored })
    kept += 1
    if (result.events.length > 0) {
      const claim = await journal.claimLane('fuzz', 10_000)
      if (claim !== null) {
        holds(claim.events.length > 0, 'a claim of nothing')
        await decided(journal, claim, skip('looked at'))
      }
      const [newest] = (await journal.events({ limit: 3 })) as readonly { id: string }[]
      renderExplanation(await explain(journal, newest!.id))
    }
    // Answers stay as quick as on a small journal.
    if (kept % 2000 === 0) await rows.close!()
    return result.events.length > 0 ? 'stored' : 'ignored'
  },
  async close() {
    await journal?.close()
    journal = undefined
    folder.remove()
  }
}
