import { whenMs } from '../people/when.ts'
import type { Difference, Replayed } from '../pipeline/replay.ts'
import type { Journal } from '../store/journal.ts'
import { argumentsOf, reasonOf } from './arguments.ts'
import { type Command, type Context, type ExitCode, localJournal, misused } from './command.ts'

const options = { all: 'boolean', again: 'boolean', since: 'string', journal: 'string', json: 'boolean' } as const

interface Flags {
  readonly all?: boolean
  readonly again?: boolean
  readonly since?: string
  readonly journal?: string
  readonly json?: boolean
}

/** So many that differ are printed in full; a changed rule can make every decision of a year differ. */
const IN_FULL = 20

/** `reflex replay`: recorded decisions made once more, or one of them made anew. */
export const replayCommand: Command = {
  name: 'replay',
  usage:
    'replay <decision> [--journal <path>] [--json]\n' +
    '       reflex replay --all [--since <1h | RFC 3339>] [--journal <path>] [--json]\n' +
    '       reflex replay <decision> --again [--json] [reason …]',
  summary: 'decides once more on what was recorded, and compares; --again: on fresh answers, through the guard',
  async run(args, context) {
    const said = argumentsOf(args, options)
    if (!said.ok) return misused(replayCommand, said.problem, context)
    const { flags } = said
    // As it is shown: `decision 58`.
    const [first, second = '', ...more] = said.words
    const words = first === 'decision' && /^\d+$/.test(second) ? [second, ...more] : said.words
    const [about] = words
    const problem = problemWith(flags, words)
    if (problem !== null) return misused(replayCommand, problem, context)
    const decision = about === undefined ? null : Number(/\d+/.exec(about)?.[0])
    if (flags.again === true) {
      const { runAgain } = await import('./replay-again.ts')
      return runAgain(decision!, { reason: reasonOf(words), json: flags.json === true }, context)
    }
    const journal = await localJournal(context, flags.journal)
    if (!journal.ok) return journal.code
    try {
      return decision === null
        ? await replayEach(journal.value, flags, context)
        : await replayOne(journal.value, decision, flags, context)
    } finally {
      await journal.value.close()
    }
  }
}

function problemWith({ all = false, again = false, since, journal }: Flags, words: readonly string[]): string | null {
  const [about, ...more] = words
  if (all && about !== undefined) return `either decision ${about} or --all`
  if (again && all) return '--again is for one decision'
  if (about === undefined && !all) return 'which decision? (or --all)'
  if (more.length > 0 && !again) return 'one decision at a time, or --all'
  if (about !== undefined && !/^(decision[: ])?[0-9]{1,15}$/.test(about))
    return `'${about}' is not the number of a decision: \`reflex explain <name>\` shows them`
  if (since !== undefined && !all) return '--since goes with --all'
  if (again && journal !== undefined) return '--again asks the running product, not a file: leave --journal out'
  return null
}

/** Everything that a replay needs of this build; loaded only when it is asked for. */
async function thisBuild({ env }: Context) {
  const [{ buildId }, { policies, standing }, replaying, text] = await Promise.all([
    import('../base/build.ts'),
    import('../policies/index.ts'),
    import('../pipeline/replay.ts'),
    import('./replay-text.ts')
  ])
  return { build: buildId(env), policies: [...policies, ...standing], ...replaying, ...text }
}

async function replayOne(journal: Journal, id: number, { json }: Flags, context: Context): Promise<ExitCode> {
  const { build, policies, replay, showReplayed } = await thisBuild(context)
  const [row] = await journal.decisions({ limit: 1, id })
  if (row === undefined) {
    context.err(`there is no decision ${id} in this journal: \`reflex explain <name>\` shows their numbers\n`)
    return 1
  }
  const replayed = await replay(journal, policies, row)
  context.out(json === true ? jsonLine(replayed, build) : showReplayed(replayed, build))
  return replayed.result === 'identical' ? 0 : 1
}

/** Page by page: memory stays flat however long the journal is. */
async function replayEach(journal: Journal, { since, json }: Flags, context: Context): Promise<ExitCode> {
  const { build, policies, replayAll, showReplayed, showTally } = await thisBuild(context)
  const from = since === undefined ? undefined : whenMs(since, Date.now())
  if (from === null)
    return misused(replayCommand, `--since ${since}: say 6h, 15m, 2d, or a time such as 2026-11-23T12:00:00Z`, context)
  const tally = { identical: 0, differ: 0, cannot: { failed: 0, pruned: 0, policy: 0 }, builds: new Set<string>() }
  for await (const one of replayAll(journal, policies, from === undefined ? {} : { since: from })) {
    tally.builds.add(one.build)
    if (one.result === 'identical') tally.identical++
    else if (one.result === 'cannot') tally.cannot[one.why]++
    else if (++tally.differ <= IN_FULL && json !== true) context.out(showReplayed(one, build))
    if (json === true && one.result !== 'identical') context.out(jsonLine(one, build))
  }
  const { identical, differ, cannot, builds } = tally
  if (json === true) {
    const summary = { replayed: identical + differ, identical, differ, cannot, recordedBy: [...builds], build }
    context.out(`${JSON.stringify(summary)}\n`)
  } else {
    if (differ > IN_FULL) context.out(`… and ${differ - IN_FULL} more differ (--json names them all)\n`)
    context.out(showTally(tally, build))
  }
  return differ === 0 ? 0 : 1
}

const jsonLine = (replayed: Replayed & { differences?: readonly Difference[] }, build: string): string =>
  `${JSON.stringify({ ...replayed, at: new Date(replayed.at).toISOString(), replayedBy: build })}\n`
