import { plain } from '../base/plain.ts'
import { argumentsOf, reasonOf } from './arguments.ts'
import { ask } from './ask.ts'
import { type Command, misused } from './command.ts'
import { asJson, sayWhere } from './place.ts'

const goesOn = {
  journal: 'the journal is accepted as it is: the stop that the product put on everything is lifted within seconds',
  clock: 'this clock is right: what waited for that goes on within seconds'
} as const

/** `reflex accept`: a person's word for what the product could not believe by itself. */
export const acceptCommand: Command = {
  name: 'accept',
  usage: 'accept <journal | clock> [reason…] [--json]',
  summary: 'goes on with a journal that was restored or lost its newest part, or with a clock that jumped',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(acceptCommand, said.problem, context)
    const [what] = said.words
    if (what !== 'journal' && what !== 'clock')
      return misused(
        acceptCommand,
        what === undefined ? 'what? (journal or clock)' : `'${plain(what)}' is neither journal nor clock`,
        context
      )
    const reason = reasonOf(said.words)
    const done = await ask(context, (operations) => operations.accept(what, reason))
    if (!done.ok) return done.code
    const { value, place } = done
    context.out(said.flags.json === true ? asJson(value, place) : `${goesOn[value.accepted]}\n`)
    sayWhere(place, context)
    return 0
  }
}
