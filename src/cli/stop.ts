import { plain } from '../base/plain.ts'
import { resumedLines, stoppedLines } from '../people/texts/stops.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask } from './ask.ts'
import { type Command, misused } from './command.ts'
import { asJson, sayWhere } from './place.ts'
import { cliVoice } from './voice.ts'
import { wished } from './words.ts'

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
    const stopped = await ask(context, (operations) => operations.stop(cluster, reason))
    if (!stopped.ok) return stopped.code
    const { value, place } = stopped
    if (said.flags.json === true) context.out(asJson(value, place))
    else for (const line of stoppedLines({ ...value, cluster }, cliVoice)) context.out(`${plain(line)}\n`)
    sayWhere(place, context)
    return 0
  }
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
    const resumed = await ask(context, (operations) => operations.resume(which, reason))
    if (!resumed.ok) return resumed.code
    const { value, place } = resumed
    if (said.flags.json === true) context.out(asJson(value, place))
    else for (const line of resumedLines(value, cliVoice)) context.out(`${plain(line)}\n`)
    sayWhere(place, context)
    return 0
  }
}
