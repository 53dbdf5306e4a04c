import type { Explanation } from '../explain/chain.ts'
import { plain } from '../plain.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, localJournal, misused } from './command.ts'
import { wished } from './words.ts'

/** `reflex dns`: what we hold for a name, and its story; a server is asked for the story alone. */
export const dnsCommand: Command = {
  ...wordOf('dns'),
  async run(args, context) {
    const said = argumentsOf(args, {})
    if (!said.ok) return misused(dnsCommand, said.problem, context)
    const wish = wished('dns', said.words, dnsCommand, context)
    if (typeof wish === 'number') return wish
    const { about } = wish
    const server = serverOf(context)
    if (server !== null) {
      const explanation = await ask<Explanation>(server, `/api/v1/explain?${new URLSearchParams({ about })}`, context)
      if (explanation === null) return 1
      context.out((await import('../explain/render.ts')).renderExplanation(explanation))
      return explanation.found ? 0 : 1
    }
    const journal = await localJournal(context)
    if (journal === null) return 1
    try {
      const explanation = await (await import('../explain/chain.ts')).explain(journal, about)
      const { countOfOurs, heldFor, renderNamed } = await import('../explain/named.ts')
      const applied = await heldFor(explanation, journal)
      if (explanation.found) context.out(`${plain(about)}: ${countOfOurs(applied)}\n`)
      context.out(renderNamed(explanation, applied))
      return explanation.found ? 0 : 1
    } finally {
      await journal.close()
    }
  }
}
