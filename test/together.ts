// Runs test files one after another in this process, which saves what each would load, compile and warm up again. The runner
// (`test/files.ts`) writes their names, one a line; after each come its counts and a line `# over ok`, or `# over not ok`.
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { turnTo } from './its-tap.ts'
import { processorSeconds } from './processor.ts'

const itsTap = new URL('./its-tap.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'tap' ? { url: itsTap, format: 'module-typescript', shortCircuit: true } : next(specifier, context)
})

const timeout = Number(process.env.REFLEX_TEST_FILE_SECONDS) * 1000
let before = 0
for await (const file of createInterface({ input: process.stdin })) {
  let its = t
  const ended = await t.test(file, { timeout }, async (t) => {
    its = t as typeof its
    turnTo(t)
    await import(pathToFileURL(resolve(file)).href)
  })
  const now = processorSeconds()
  const { total, pass, fail, skip, todo } = its.counts
  // Not as comments of tap, which keeps those back until the next test.
  process.stdout.write(`# { total: ${total}, pass: ${pass}, fail: ${fail}, skip: ${skip}, todo: ${todo} }
# processor=${(now - before).toFixed(2)}s
# over ${ended?.ok === true ? 'ok' : 'not ok'}
`)
  before = now
}
