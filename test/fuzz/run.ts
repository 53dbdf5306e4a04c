import { parseArgs } from 'node:util'
import { campaign } from './campaign.ts'
import { keep } from './corpus.ts'
import { targets } from './targets.ts'

const usage = `npm run fuzz -- [<target> …] [--inputs <n, of all together>] [--seed <n>]; targets are: ${targets.map(({ name }) => name).join(', ')}`

function refuse(why: string): never {
  console.error(why)
  console.error(usage)
  process.exit(2)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { inputs: { type: 'string', default: '80000' }, seed: { type: 'string', default: String(Date.now() % 1e9) } }
})
const inputs = Number(values.inputs)
const seed = Number(values.seed)
if (!Number.isSafeInteger(inputs) || inputs < 1) refuse(`--inputs ${values.inputs}: is no whole number above 0`)
if (!Number.isSafeInteger(seed)) refuse(`--seed ${values.seed}: is no whole number`)
const unknown = positionals.find((word) => !targets.some(({ name }) => name === word))
if (unknown !== undefined) refuse(`no target is called '${unknown}'`)

const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const shares = chosen.reduce((sum, { share }) => sum + share, 0)
let tried = 0
let seconds = 0
let broken = 0
console.log(`seed ${seed}`)
for (const target of chosen) {
  const one = await campaign(target, Math.ceil((inputs * target.share) / shares), seed)
  tried += one.inputs
  seconds += one.seconds
  const outcomes = [...one.outcomes].sort((a, b) => b[1] - a[1]).map(([word, n]) => `${word} ${n}`)
  console.log(
    `${target.name}: ${one.inputs} inputs in ${one.seconds.toFixed(1)} s, the slowest ${one.slowestMs.toFixed(0)} ms: ${outcomes.join(', ')}`
  )
  if (one.found === null) continue
  broken += 1
  console.log(`  BROKEN: ${one.found.reason}\n  kept as ${keep(target, one.found)}`)
}
console.log(`${tried} inputs tried in ${seconds.toFixed(0)} s, ${broken} of ${chosen.length} targets broken`)
process.exitCode = broken === 0 ? 0 : 1
