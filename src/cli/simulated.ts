import type { Config } from '../config/config.ts'

/** Reads the configuration that a product without one runs by: on the simulated cloud. */
export async function simulatedConfig(): Promise<Config> {
  const [{ parseConfig }, { policies }, { simulatedConfigText }] = await Promise.all([
    import('../config/load.ts'),
    import('../policies/index.ts'),
    import('../process/simulated-config.ts')
  ])
  // Where its journal, its clusters and its Slack are is none of a command's business, nor are its people's tokens.
  const tokens = { alice: '0'.repeat(64), bob: '1'.repeat(64) }
  const text = simulatedConfigText({
    journalPath: '.',
    kubeconfig: '/none',
    slackUrl: 'http://127.0.0.1/',
    gitlabUrl: 'http://127.0.0.1/',
    tokens
  })
  const parsed = parseConfig(text, 'the simulated configuration', {}, policies, { secrets: false })
  if (!parsed.ok) throw new Error(parsed.problems.map(({ allowed }) => allowed).join('; '))
  return parsed.config
}
