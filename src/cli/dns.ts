import { plain } from '../base/plain.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { read } from './ask.ts'
import { type Command, misused, widthOf } from './command.ts'
import { asJson } from './place.ts'
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
    const story = await read(context, (operations) => operations.dns(about))
    if (!story.ok) return story.code
    const { explanation, records } = story.value
    if (json) context.out(asJson(records === null ? explanation : { records, ...explanation }))
    else if (records === null) {
      const { renderExplanation } = await import('../people/explain/render.ts')
      context.out(renderExplanation(explanation, widthOf(context)))
    } else {
      const { countOfOurs, renderNamed } = await import('../people/explain/named.ts')
      if (explanation.found) context.out(`${plain(about)}: ${countOfOurs(records)}\n`)
      context.out(renderNamed(explanation, records, widthOf(context)))
    }
    return explanation.found ? 0 : 1
  }
}
