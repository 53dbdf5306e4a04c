import { type Command, configured, journalOf, misused } from './command.ts'

/** `reflex adopt`: what another installation, or a lost journal, left behind becomes ours. */
export const adoptCommand: Command = {
  name: 'adopt',
  usage: 'adopt <name | address> | --all',
  summary: 'take over records that carry a mark of Stackreflex but are not in this journal as they are',
  async run(args, context) {
    const [about, ...more] = args
    if (about === undefined || more.length > 0 || (about.startsWith('-') && about !== '--all'))
      return misused(adoptCommand, 'name one record or address, or --all', context)
    const config = await configured(context)
    if (config === undefined) return 1
    const dns = config?.policies.find((policy) => policy.name === 'dns-records')
    if (config === null || dns === undefined) {
      context.err(
        'adopt needs a reflex.yaml with the policy dns-records: on the simulated cloud there is nothing to adopt\n'
      )
      return 1
    }
    const journal = await journalOf(config, context, 'or go to its directory')
    if (journal === null) return 1
    try {
      const [{ buildTools }, { adopt }] = await Promise.all([import('../tools.ts'), import('../adopt.ts')])
      const settings = dns.settings as Parameters<typeof adopt>[2]
      const built = buildTools(config.clusters, [settings.cloud], { env: context.env, cwd: context.cwd }, journal)
      if (!built.ok) {
        context.err(`the clouds named in the configuration cannot be used:\n${built.problems.join('\n')}\n`)
        return 1
      }
      const adopted = await adopt(built.tools, journal, settings, about === '--all' ? null : about)
      built.close()
      for (const line of adopted) context.out(`adopted ${line}\n`)
      if (adopted.length > 0) return 0
      context.err(
        `nothing to adopt${about === '--all' ? '' : ` at ${about}`}: only records whose description begins with 'stackreflex ' can be\n`
      )
      return 1
    } finally {
      await journal.close()
    }
  }
}
