import type { Explanation } from '../explain/chain.ts'
import type { Range } from '../explain/range.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, type ExitCode, localJournal, misused } from './command.ts'
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
  summary: `${wordOf('explain').summary}: events, decisions, actions and what came back; decision:N and approval:N are ids too`,
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
  const server = serverOf(context)
  const explanation =
    server === null
      ? await locally(context, async (journal) => (await import('../explain/chain.ts')).explain(journal, about))
      : await ask<Explanation>(server, `/api/v1/explain?${new URLSearchParams({ about })}`, context)
  if (explanation === null) return 1
  const { renderExplanation } = await import('../explain/render.ts')
  context.out(json ? `${JSON.stringify(explanation, null, 2)}\n` : renderExplanation(explanation))
  return explanation.found ? 0 : 1
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
  const server = serverOf(context)
  const range =
    server === null
      ? await locally(context, async (journal) =>
          (await import('../explain/range.ts')).explainRange(journal, { since, until, policy: asked.policy ?? null })
        )
      : await ask<Range>(server, `/api/v1/explain?${new URLSearchParams({ ...asked })}`, context)
  if (range === null) return 1
  const { renderRange } = await import('../explain/render-range.ts')
  context.out(json ? `${JSON.stringify(range, null, 2)}\n` : renderRange(range))
  return 0
}

type Read<T> = (journal: NonNullable<Awaited<ReturnType<typeof localJournal>>>) => Promise<T>

async function locally<T>(context: Context, read: Read<T>): Promise<T | null> {
  const journal = await localJournal(context)
  if (journal === null) return null
  try {
    return await read(journal)
  } finally {
    await journal.close()
  }
}
