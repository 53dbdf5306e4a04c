import type { Stop } from '../core/guard.ts'
import { plain } from '../plain.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, misused } from './command.ts'
import { atDoors } from './doors.ts'
import { wished } from './words.ts'

/** `reflex stop`: the emergency stop; needs nothing but the journal. */
export const stopCommand: Command = {
  ...wordOf('stop'),
  summary: 'changes nothing any more on a cluster, or anywhere; decisions go on, and wait',
  async run(args, context) {
    const read = readWhere('stop', stopCommand, args, context)
    if (typeof read === 'number') return read
    const { cluster, reason } = read
    const server = serverOf(context)
    const stopped =
      server === null
        ? await atDoors(context, async ({ doors, actor }) =>
            (await import('../people.ts')).stop(doors, actor, cluster, reason)
          )
        : await ask<object>(server, '/api/v1/stops', context, { cluster, ...(reason === null ? {} : { reason }) })
    if (stopped === null) return 1
    const [name, where] = cluster === null ? ['everything', 'all'] : [cluster, cluster]
    context.out(`${name} is stopped: nothing is changed until \`reflex resume ${where}\`; decisions go on\n`)
    return 0
  }
}

interface Resumed {
  /** How many were held. */
  readonly lanes: number
}

/** `reflex resume`: lifts a stop. */
export const resumeCommand: Command = {
  ...wordOf('resume'),
  summary: 'lifts a stop; what it held is decided again before anything is changed',
  async run(args, context) {
    const read = readWhere('resume', resumeCommand, args, context)
    if (typeof read === 'number') return read
    const { cluster, reason } = read
    const server = serverOf(context)
    const resumed =
      server === null
        ? await atDoors<Resumed & { left: readonly StopLeft[] }>(context, async ({ journal, doors, actor }) => {
            const answer = await (await import('../people.ts')).resume(doors, actor, cluster, reason)
            return answer.ok ? { ...answer, left: await journal.stops() } : answer
          })
        : await throughApi(server, cluster, reason, context)
    if (resumed === null) return 1
    const { lanes, left } = resumed
    const held =
      lanes === 0 ? 'no lane was held' : `${lanes === 1 ? '1 held lane is' : `${lanes} held lanes are`} decided again`
    context.out(`the stop of ${cluster ?? 'everything'} is lifted: ${held}\n`)
    for (const one of left)
      context.out(`still stopped: ${stopText(one)}: \`reflex resume ${one.cluster ?? 'all'}\` goes on\n`)
    return 0
  }
}

type StopLeft = Pick<Stop, 'cluster' | 'by' | 'reason'>

async function throughApi(server: string, cluster: string | null, reason: string | null, context: Context) {
  const body = { cluster, ...(reason === null ? {} : { reason }) }
  const resumed = await ask<Resumed>(server, '/api/v1/resume', context, body)
  if (resumed === null) return null
  const stops = await ask<{ items: readonly StopLeft[] }>(server, '/api/v1/stops', context)
  return { ...resumed, left: stops?.items ?? [] }
}

/** `prod, by alice (odd records)` */
export const stopText = ({ cluster, by, reason }: StopLeft): string =>
  plain(`${cluster ?? 'everything'}, by ${by} (${reason})`)

function readWhere(word: 'stop' | 'resume', command: Command, args: readonly string[], context: Context) {
  const said = argumentsOf(args, {})
  return said.ok ? wished(word, said.words, command, context) : misused(command, said.problem, context)
}
