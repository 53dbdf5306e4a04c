import type { BenchOptions, BenchResult } from './result.ts'

/** All benchmarks; each is loaded when it is its turn. */
const benches: Readonly<Record<string, () => Promise<{ run(options: BenchOptions): Promise<BenchResult> }>>> = {
  ingest: () => import('./ingest.ts'),
  webhook: () => import('./webhook.ts'),
  slack: () => import('./slack.ts'),
  quota: () => import('./quota.ts'),
  coldstart: () => import('./coldstart.ts'),
  reads: () => import('./reads.ts')
}

const usage = `npm run bench -- [<name> …] [--json] [--rounds <n>]; benchmarks are: ${Object.keys(benches).join(', ')}`

const args = process.argv.slice(2)
const json = args.includes('--json')
const roundsAt = args.indexOf('--rounds')
const rounds = roundsAt === -1 ? 3 : Number(args[roundsAt + 1])
const names = args.filter((arg, n) => !arg.startsWith('--') && (roundsAt === -1 || n !== roundsAt + 1))
const unknown = names.find((name) => !Object.hasOwn(benches, name))
if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1) {
  if (unknown !== undefined) console.error(`no benchmark is called '${unknown}'`)
  console.error(usage)
  process.exit(2)
}

for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const { run } = await benches[name]!()
  const result = await run({ rounds, print: (line) => console.error(line) })
  if (json) console.log(JSON.stringify(result))
}
