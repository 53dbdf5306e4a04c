import type { LaneView } from '../explain/views.ts'
import { plain } from '../plain.ts'
import { argumentsOf, reasonOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, misused } from './command.ts'
import { atDoors } from './doors.ts'
import { table } from './table.ts'

interface Lanes {
  readonly items: readonly LaneView[]
}

/** `reflex parked`: what was set aside after a failure. */
export const parkedCommand: Command = {
  name: 'parked',
  usage: 'parked [--json]',
  summary: 'lanes that were set aside after a failure, until their next event, a sweep or a person',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(parkedCommand, said.problem, context)
    if (said.words.length > 0) return misused(parkedCommand, 'it lists them all, and takes no words', context)
    const server = serverOf(context)
    const lanes =
      server === null
        ? await atDoors<Lanes>(context, async ({ journal }) => {
            const { laneView } = await import('../explain/views.ts')
            return { ok: true, items: (await journal.lanes({ parked: true })).map(laneView) }
          })
        : await ask<Lanes>(server, '/api/v1/lanes?parked=true', context)
    if (lanes === null) return 1
    const { items } = lanes
    if (said.flags.json === true) context.out(`${JSON.stringify(items, null, 2)}\n`)
    else if (items.length === 0) context.out('no lane is parked\n')
    else {
      context.out(
        table([['LANE', 'POLICY', 'WHY'], ...items.map(({ key, policy, parked }) => [key, policy, parked ?? ''])])
      )
      context.out('`reflex unpark <lane>` tries one again, `reflex explain <lane>` tells what happened\n')
    }
    return 0
  }
}

/** `reflex unpark`: has a lane tried again. */
export const unparkCommand: Command = {
  name: 'unpark',
  usage: 'unpark <lane> [reason…]',
  summary: 'has a lane tried again that was set aside after a failure',
  async run(args, context) {
    const said = argumentsOf(args, {})
    if (!said.ok) return misused(unparkCommand, said.problem, context)
    const [lane] = said.words
    if (lane === undefined || lane === '')
      return misused(unparkCommand, 'which lane? `reflex parked` lists them', context)
    const reason = reasonOf(said.words)
    const server = serverOf(context)
    const unparked =
      server === null
        ? await atDoors(context, async ({ doors, actor }) =>
            (await import('../people.ts')).unpark(doors, actor, lane, reason)
          )
        : await ask<{ readonly policy: string }>(server, '/api/v1/lanes/unpark', context, {
            lane,
            ...(reason === null ? {} : { reason })
          })
    if (unparked === null) return 1
    const name = plain(lane)
    context.out(
      `lane ${name} of ${plain(unparked.policy)} is tried again: \`reflex explain '${name}'\` tells what came of it\n`
    )
    return 0
  }
}
