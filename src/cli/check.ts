import { argumentsOf } from './arguments.ts'
import { type Command, type Context, type ExitCode, misused, printProblems } from './command.ts'
import { asJson } from './reach.ts'

/** `reflex check`: every mistake in a configuration, without starting anything. */
export const checkCommand: Command = {
  name: 'check',
  usage: 'check [file] [--clouds] [--json | --schema]',
  summary:
    'finds every mistake in reflex.yaml; --clouds asks the clouds too; --schema prints its JSON Schema, for editors',
  async run(args, context) {
    const said = argumentsOf(args, { schema: 'boolean', clouds: 'boolean', json: 'boolean' })
    if (!said.ok) return misused(checkCommand, said.problem, context)
    const [file, ...more] = said.words
    if (more.length > 0) return misused(checkCommand, 'one file', context)
    const [{ examine, examineKubeconfigs }, { policies }] = await Promise.all([
      import('../process/examine.ts'),
      import('../policies/index.ts')
    ])
    if (said.flags.schema === true) {
      const { jsonSchema } = await import('../config/json-schema.ts')
      context.out(`${JSON.stringify(jsonSchema(policies), null, 2)}\n`)
      return 0
    }
    const env = file === undefined ? context.env : { ...context.env, REFLEX_CONFIG: file }
    const found = examine(env, context.cwd)
    const kubeconfigs = found.ok && found.config !== null ? await examineKubeconfigs(found.config, found.file) : []
    const loaded =
      found.ok && found.config !== null ? { ...found, warnings: [...found.warnings, ...kubeconfigs] } : found
    const { json = false, clouds = false } = said.flags
    if (json && clouds)
      return misused(checkCommand, '--json goes without --clouds: `reflex doctor --json` has both', context)
    if (json) {
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
    return said.flags.clouds === true ? askClouds({ ...context, env }) : 0
  }
}

/** What the doctor finds in the clouds: credentials, projects, zones and names; brokers and the product are left alone. */
async function askClouds({ env, cwd, out }: Context): Promise<ExitCode> {
  const [{ diagnose }, { render }] = await Promise.all([import('../doctor/run.ts'), import('../doctor/render.ts')])
  const examined = await diagnose({ env, cwd }, [
    'credentials',
    'catalogue',
    'zones',
    'quota',
    'quota rights',
    'isolation'
  ])
  out(render(examined))
  return examined.some(({ findings }) => findings.some(({ level }) => level === 'failure')) ? 1 : 0
}
