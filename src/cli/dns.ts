import { plain } from '../base/plain.ts'
import type { Explanation } from '../people/explain/chain.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, localJournal, misused, widthOf } from './command.ts'
import { asJson } from './reach.ts'
import { wished } from './words.ts'

/** `reflex dns`: what we hold for a name, and its story; a server is asked for the story alone. */
export const dnsCommand: Command = {
  name: 'dns',
  usage: `${wordOf('dns').usage} [--json]`,
  summary: wordOf('dns').summary,
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(dnsCommand, said.problem, context)
    const { json = false } = said.flags
    const wish = wished('dns', said.words, dnsCommand, context)
    if (typeof wish === 'number') return wish
    const { about } = wish
    const server = serverOf(context)
    if (server !== null) {
      const path = `/api/v1/explain?${new URLSearchParams({ about })}`
      const asked = await ask<Explanation>(server, path, 'explanation', context)
      if (!asked.ok) return asked.refused ? 1 : 3
      const { value } = asked
      context.out(
        json ? asJson(value) : (await import('../people/explain/render.ts')).renderExplanation(value, widthOf(context))
      )
      return value.found ? 0 : 1
    }
    const journal = await localJournal(context)
    if (!journal.ok) return journal.code
    try {
      const explanation = await (await import('../people/explain/chain.ts')).explain(journal.value, about)
      const { countOfOurs, heldFor, renderNamed } = await import('../people/explain/named.ts')
      const applied = await heldFor(explanation, journal.value)
      if (json) context.out(asJson({ records: applied, ...explanation }))
      else {
        if (explanation.found) context.out(`${plain(about)}: ${countOfOurs(applied)}\n`)
        context.out(renderNamed(explanation, applied, widthOf(context)))
      }
      return explanation.found ? 0 : 1
    } finally {
      await journal.value.close()
    }
  }
}
