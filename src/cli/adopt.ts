import { dirname, join } from 'node:path'
import { plain } from '../base/plain.ts'
import { simulatedClouds } from '../process/simulated-config.ts'
import { argumentsOf } from './arguments.ts'
import { type Command, configured, journalOf, journalPath, misused } from './command.ts'
import { asJson } from './place.ts'
import { simulatedConfig } from './simulated.ts'

/** `reflex adopt`: what another installation, or a lost journal, left behind becomes ours. */
export const adoptCommand: Command = {
  name: 'adopt',
  usage: 'adopt <name | address> | --all [--json]',
  summary: 'take over records that carry a mark of Stackreflex but are not in this journal as they are',
  async run(args, context) {
    const said = argumentsOf(args, { all: 'boolean', json: 'boolean' })
    if (!said.ok) return misused(adoptCommand, said.problem, context)
    const [about = null, ...more] = said.words
    const { all = false, json = false } = said.flags
    if (more.length > 0 || all === (about !== null))
      return misused(adoptCommand, 'name one record or address, or --all', context)
    const configuration = await configured(context)
    if (configuration === undefined) return 1
    const config = configuration ?? (await simulatedConfig())
    const [{ dnsRecords }, { instancesOf }] = await Promise.all([
      import('../policies/dns-records/policy.ts'),
      import('../policies/shared/instances-of.ts')
    ])
    const instances = instancesOf(dnsRecords, config.policies)
    if (instances.length === 0) {
      context.err('adopt needs the policy dns-records, which is not configured here (policies.dns-records)\n')
      return 1
    }
    const journal = await journalOf(configuration, context, 'or go to its directory')
    if (journal === null) return 3
    const { cwd } = context
    if (context.env.REFLEX_URL)
      context.err(
        `REFLEX_URL is not asked: adopt works on the journal here, ${plain(journalPath(configuration, context))}\n`
      )
    // Beside its journal the simulated cloud says where it is.
    const env =
      configuration === null
        ? { ...context.env, OS_CLIENT_CONFIG_FILE: join(dirname(journalPath(null, context)), simulatedClouds) }
        : context.env
    try {
      const [{ buildTools }, { load }, { adoptRecords: adopt }] = await Promise.all([
        import('../process/tools.ts'),
        import('../policies/questions.ts'),
        import('../policies/dns-records/adopt-records.ts')
      ])
      const dns = instances.map(({ name, settings, openstack }) => ({ policy: name, settings, openstack }))
      const zones = dns.map(({ settings }) => settings.cloud)
      const built = buildTools(config.clusters, zones, { env, cwd }, journal)
      if (!built.ok) {
        context.err(`the clouds named in the configuration cannot be used:\n${built.problems.join('\n')}\n`)
        return 1
      }
      const adopted: string[] = []
      for (const one of dns) adopted.push(...(await adopt(load, built.tools, journal, one, about)))
      built.close()
      if (json) context.out(asJson({ adopted }))
      else for (const line of adopted) context.out(plain(`adopted ${line}`).concat('\n'))
      if (adopted.length > 0) return 0
      const where = about === null ? '' : ` at ${plain(about)}`
      const how = about === null ? '' : `: \`reflex dns ${plain(about)}\` shows which`
      context.err(
        `nothing to adopt${where}: what carries a mark (a description that begins with 'stackreflex ') is in this journal as it is, and what carries none is somebody else's${how}\n`
      )
      return 1
    } finally {
      await journal.close()
    }
  }
}
