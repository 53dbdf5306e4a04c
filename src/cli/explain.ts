import { nearest } from '../base/nearest.ts'
import { plain } from '../base/plain.ts'
import { policyIn } from '../core/instance.ts'
import type { Explanation } from '../people/explain/chain.ts'
import type { Range } from '../people/explain/range.ts'
import { wordOf } from '../people/words.ts'
import type { Journal } from '../store/journal.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, type ExitCode, localJournal, misused, widthOf } from './command.ts'
import { asJson } from './reach.ts'
import type { ShapeName } from './shapes.ts'
import { whenMs } from './when.ts'
import { wished } from './words.ts'

const options = { json: 'boolean', since: 'string', until: 'string', policy: 'string' } as const

interface Asked {
  readonly since: string
  readonly until?: string
  readonly policy?: string
}

/** `reflex explain`: the story of one thing, or what happened within some time. */
export const explainCommand: Command = {
  name: 'explain',
  usage:
    `${wordOf('explain').usage} [--json]\n` +
    '       reflex explain --since <1h | RFC 3339> [--until <…>] [--policy <name>] [--json]',
  summary: `${wordOf('explain').summary}: events, decisions, actions and what came back; a decision, approval or step is named as it is shown`,
  async run(args, context) {
    const said = argumentsOf(args, options)
    if (!said.ok) return misused(explainCommand, said.problem, context)
    const { json = false, ...asked } = said.flags
    const [about] = said.words
    if (asked.since !== undefined) {
      if (about !== undefined) return misused(explainCommand, `either '${about}' or --since`, context)
      return explainTime({ ...asked, since: asked.since }, json, context)
    }
    const alone = (['until', 'policy'] as const).find((name) => asked[name] !== undefined)
    if (alone !== undefined) return misused(explainCommand, `--${alone} goes with --since`, context)
    const wish = wished('explain', said.words, explainCommand, context)
    return typeof wish === 'number' ? wish : explainOne(wish.about, json, context)
  }
}

async function explainOne(about: string, json: boolean, context: Context): Promise<ExitCode> {
  const path = `/api/v1/explain?${new URLSearchParams({ about })}`
  const read = await reading<Explanation>(context, path, 'explanation', async (journal) =>
    (await import('../people/explain/chain.ts')).explain(journal, about)
  )
  if (!read.ok) return read.code
  const { renderExplanation } = await import('../people/explain/render.ts')
  context.out(json ? asJson(read.value) : renderExplanation(read.value, widthOf(context)))
  return read.value.found ? 0 : 1
}

async function explainTime(asked: Asked, json: boolean, context: Context): Promise<ExitCode> {
  const now = Date.now()
  const since = whenMs(asked.since, now)
  const until = asked.until === undefined ? null : whenMs(asked.until, now)
  const wrong = since === null ? 'since' : asked.until !== undefined && until === null ? 'until' : null
  if (since === null || wrong !== null)
    return misused(
      explainCommand,
      `--${wrong} ${asked[wrong!]}: say 6h, 15m, 2d, or a time such as 2026-11-23T12:00:00Z`,
      context
    )
  if (until !== null && until < since) return misused(explainCommand, '--until is before --since', context)
  const policy = asked.policy ?? null
  const unknown = policy === null ? null : await unknownPolicy(policy)
  if (unknown !== null) return misused(explainCommand, unknown, context)
  const path = `/api/v1/explain?${new URLSearchParams({ ...asked })}`
  const read = await reading<Range>(context, path, 'range', async (journal) =>
    (await import('../people/explain/range.ts')).explainRange(journal, { since, until, policy })
  )
  if (!read.ok) return read.code
  const { renderRange } = await import('../people/explain/render-range.ts')
  context.out(json ? asJson(read.value) : renderRange(read.value, widthOf(context)))
  return 0
}

async function unknownPolicy(name: string): Promise<string | null> {
  const { policies, standing } = await import('../policies/index.ts')
  const known = [...policies, ...standing].map((one) => one.name)
  if (known.includes(policyIn(name))) return null
  const meant = nearest(name, known)
  // The journal may have decisions of a policy that another build had.
  return meant === null ? null : `there is no policy '${plain(name)}', did you mean '${meant}'?`
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ExitCode }

async function reading<T>(
  context: Context,
  path: string,
  shape: ShapeName,
  here: (journal: Journal) => Promise<T>
): Promise<Read<T>> {
  const server = serverOf(context)
  if (server !== null) {
    const asked = await ask<T>(server, path, shape, context)
    return asked.ok ? asked : { ok: false, code: asked.refused ? 1 : 3 }
  }
  const journal = await localJournal(context)
  if (!journal.ok) return journal
  try {
    return { ok: true, value: await here(journal.value) }
  } finally {
    await journal.value.close()
  }
}
