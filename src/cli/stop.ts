import { plain } from '../base/plain.ts'
import type { Stop } from '../core/stop.ts'
import { resumeWord, stopText } from '../core/stop-text.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { type Command, misused } from './command.ts'
import { asJson, reach, sayWhere } from './reach.ts'
import { wished } from './words.ts'

type Standing = Omit<Stop, 'at'> & { readonly at: number | string }

interface Stopped {
  readonly stop: number
  readonly cluster: string | null
  /** In force and not written: what is said of that; left out: written. */
  readonly memory?: string
  /** Those that stand beside it. */
  readonly others: readonly Standing[]
}

/** `reflex stop`: the emergency stop; needs nothing but the journal. */
export const stopCommand: Command = {
  name: 'stop',
  usage: `${wordOf('stop').usage} [--json]`,
  summary: 'changes nothing any more on a cluster, or anywhere; decisions go on, and wait',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(stopCommand, said.problem, context)
    const wish = wished('stop', said.words, stopCommand, context)
    if (typeof wish === 'number') return wish
    const { cluster, reason } = wish
    const body = { cluster, ...(reason === null ? {} : { reason }) }
    const stopped = await reach<Stopped>(
      context,
      { path: '/api/v1/stops', shape: 'stopped', body },
      async ({ doors, actor }) => (await import('../people/people.ts')).stop(doors, actor, cluster, reason)
    )
    if (!stopped.ok) return stopped.code
    const { value, place } = stopped
    if (said.flags.json === true) context.out(asJson(value, place))
    else {
      const { stop: id, others } = value
      const where = plain(resumeWord({ id, cluster }, [{ cluster }, ...others]))
      const { memory } = value
      const name = plain(cluster ?? 'everything')
      context.out(
        memory === undefined
          ? `${name} is stopped (stop ${id}): nothing is changed until \`reflex resume ${where}\`; decisions go on\n`
          : `${name} is stopped (stop ${id}): nothing is changed; ${plain(memory)}\n`
      )
      for (const one of others) context.out(`${plain(`also stopped: ${stopText(one)}`)}\n`)
    }
    sayWhere(place, context)
    return 0
  }
}

interface Resumed {
  readonly lifted: Standing
  /** How many were held. */
  readonly lanes: number
  readonly left: readonly Standing[]
}

/** `reflex resume`: lifts one stop. */
export const resumeCommand: Command = {
  name: 'resume',
  usage: `${wordOf('resume').usage} [--json]`,
  summary: 'lifts one stop, by its cluster or its number; what it held is decided again before anything is changed',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(resumeCommand, said.problem, context)
    const wish = wished('resume', said.words, resumeCommand, context)
    if (typeof wish === 'number') return wish
    const { which, reason } = wish
    const body = {
      ...('stop' in which ? { stop: String(which.stop) } : which),
      ...(reason === null ? {} : { reason })
    }
    const resumed = await reach<Resumed>(
      context,
      { path: '/api/v1/resume', shape: 'resumed', body },
      async ({ doors, actor }) => (await import('../people/people.ts')).resume(doors, actor, which, reason)
    )
    if (!resumed.ok) return resumed.code
    const { value, place } = resumed
    if (said.flags.json === true) context.out(asJson(value, place))
    else {
      const { lifted, lanes, left } = value
      const held =
        lanes === 0 ? 'no lane was held' : `${lanes === 1 ? '1 held lane is' : `${lanes} held lanes are`} decided again`
      context.out(`${plain(`lifted: ${stopText(lifted)}: ${held}`)}\n`)
      for (const one of left)
        context.out(
          `${plain(`still stopped: ${stopText(one)}: ${one.memory ?? `\`reflex resume ${resumeWord(one, left)}\` goes on`}`)}\n`
        )
    }
    sayWhere(place, context)
    return 0
  }
}
