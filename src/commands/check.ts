import { argumentsOf } from './arguments.ts'
import { type Command, misused, printProblems } from './command.ts'
import { asJson } from './reach.ts'

/** `reflex check`: every mistake in a configuration, without starting anything. */
export const checkCommand: Command = {
  name: 'check',
  usage: 'check [file] [--json | --schema]',
  summary: 'finds every mistake in reflex.yaml; --schema prints its JSON Schema, for editors',
  async run(args, context) {
    const said = argumentsOf(args, { schema: 'boolean', json: 'boolean' })
    if (!said.ok) return misused(checkCommand, said.problem, context)
    const [file, ...more] = said.words
    if (more.length > 0) return misused(checkCommand, 'one file', context)
    const [{ loadConfig }, { policies }] = await Promise.all([import('../config.ts'), import('../policies/index.ts')])
    if (said.flags.schema === true) {
      const { configSchema } = await import('../config/schema.ts')
      context.out(`${JSON.stringify(configSchema(policies), null, 2)}\n`)
      return 0
    }
    const env = file === undefined ? context.env : { ...context.env, REFLEX_CONFIG: file }
    const loaded = loadConfig({ env, cwd: context.cwd, policies })
    if (said.flags.json === true) {
      const problems = loaded.ok ? [] : loaded.problems
      const warnings = 'warnings' in loaded ? loaded.warnings : []
      context.out(asJson({ right: loaded.ok, file: loaded.ok ? loaded.file : (file ?? null), problems, warnings }))
      return loaded.ok ? 0 : 1
    }
    if (!loaded.ok) {
      await printProblems(loaded.problems, context)
      return 1
    }
    if (loaded.config === null) {
      context.out('there is no reflex.yaml here: the product would run on the simulated cloud\n')
      return 0
    }
    const { clusters, notifications, policies: used } = loaded.config
    const modes = used.map(({ name, mode }) => `${name} ${mode}`).join(', ') || 'none'
    const { showProblem } = await import('../config/problems.ts')
    for (const warning of loaded.warnings) context.out(`${showProblem(warning)} (a warning)\n`)
    context.out(
      `${loaded.file} is right: ${clusters.length} clusters, ${notifications.length} brokers, policies: ${modes}\n`
    )
    return 0
  }
}
