import { nearest } from '../base/nearest.ts'
import { plain } from '../base/plain.ts'
import { policyIn } from '../core/instance.ts'
import type { AskedRange } from '../people/operations.ts'
import { whenMs } from '../people/when.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { read } from './ask.ts'
import { type Command, type Context, type ExitCode, misused, widthOf } from './command.ts'
import { asJson } from './place.ts'
import { wished } from './words.ts'

const options = { json: 'boolean', since: 'string', until: 'string', policy: 'string' } as const

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
  const story = await read(context, (operations) => operations.explain(about))
  if (!story.ok) return story.code
  const { renderExplanation } = await import('../people/explain/render.ts')
  context.out(json ? asJson(story.value) : renderExplanation(story.value, widthOf(context)))
  return story.value.found ? 0 : 1
}

async function explainTime(asked: AskedRange, json: boolean, context: Context): Promise<ExitCode> {
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
  const story = await read(context, (operations) => operations.explainRange(asked))
  if (!story.ok) return story.code
  const { renderRange } = await import('../people/explain/render-range.ts')
  context.out(json ? asJson(story.value) : renderRange(story.value, widthOf(context)))
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
