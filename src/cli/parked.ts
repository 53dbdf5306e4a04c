import { plain } from '../base/plain.ts'
import { table } from '../people/table.ts'
import { argumentsOf } from './arguments.ts'
import { ask, read } from './ask.ts'
import { type Command, misused } from './command.ts'
import { asJson, sayWhereElse } from './place.ts'

/** `reflex parked`: what was set aside after a failure. */
export const parkedCommand: Command = {
  name: 'parked',
  usage: 'parked [--json]',
  summary: 'lanes that were set aside after a failure, until their next event, a sweep or a person',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(parkedCommand, said.problem, context)
    if (said.words.length > 0) return misused(parkedCommand, 'it lists them all, and takes no words', context)
    const lanes = await read(context, (operations) => operations.lanes({ parked: true }))
    if (!lanes.ok) return lanes.code
    const { items } = lanes.value
    if (said.flags.json === true) context.out(asJson(items))
    else if (items.length === 0) context.out('no lane is parked\n')
    else {
      context.out(
        table(
          [['LANE', 'POLICY', 'WHY'], ...items.map(({ key, policy, parked }) => [key, policy, parked ?? ''])],
          context.columns
        )
      )
      context.out('`reflex unpark <lane>` tries one again, `reflex explain <lane>` tells what happened\n')
    }
    return 0
  }
}

/** `reflex unpark`: has a lane tried again. */
export const unparkCommand: Command = {
  name: 'unpark',
  usage: 'unpark <lane> [reason…] [--json]',
  summary: 'has a lane tried again that was set aside after a failure',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(unparkCommand, said.problem, context)
    const words = said.words.join(' ').trim()
    if (words === '') return misused(unparkCommand, 'which lane? `reflex parked` lists them', context)
    const unparked = await ask(context, (operations) => operations.unpark(words, null))
    if (!unparked.ok) return unparked.code
    const { value, place } = unparked
    if (said.flags.json === true) context.out(asJson(value, place))
    else {
      const name = plain(value.lane)
      context.out(
        `lane ${name} of ${plain(value.policy)} is tried again: \`reflex explain '${name}'\` tells what came of it\n`
      )
    }
    sayWhereElse(place, context)
    return 0
  }
}
