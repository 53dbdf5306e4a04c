import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { runFile, runTogether } from './file-process.ts'
import { judge, readTap, type Verdict } from './verdict.ts'

const lines = async function* (text: string) {
  yield* text.split('\n')
}
const judged = async (text: string, wrong?: string) => judge(await readTap(lines(text)), wrong)

t.test('what a file says is counted; only failures and figures are shown', async (t) => {
  const text = `# Subtest: a
    ok 1 - fine
    # 12 ms each
    not ok 2 - should be equal
      ---
      diff: here
      ...
    ok 3 - fine
    1..3
not ok 1 - a # time=3ms

1..1
# { total: 3, pass: 2, fail: 1 }
# time=30ms`
  const { said, ...counts } = await judged(text)
  t.strictSame(counts, { passed: 2, failed: 1, skipped: 0 })
  const shown = said.join('\n')
  t.match(shown, '    # 12 ms each')
  t.match(shown, /not ok 2 - should be equal\n.*---\n.*diff: here/)
  t.notMatch(shown, /ok \d - fine|Subtest/)
  t.match(await judged('ok 1 - a\n# { total: 4, pass: 2, skip: 1, todo: 1 }'), { passed: 2, failed: 0, skipped: 2 })
})

t.test('a file that did not pass says so, whatever it counted', async (t) => {
  const passing = 'ok 1 - a\n1..1\n# { total: 1, pass: 1 }'
  t.strictSame(await judged(passing), { passed: 1, failed: 0, skipped: 0, said: [] })
  t.strictSame(await judged(passing, 'ended with code 1'), {
    passed: 1,
    failed: 1,
    skipped: 0,
    said: ['not ok - the file ended with code 1']
  })
  t.match(await judged('ok 1 - a'), { failed: 1, said: ['not ok - the file asserted nothing'] }, 'no summary')
  t.match(await judged(''), { failed: 1, said: ['not ok - the file asserted nothing'] })
})

t.test('a file that dies in the middle has failed', async (t) => {
  // Beside the packages, so that it finds tap.
  const folder = mkdtempSync('test/files-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const ran = async (body: string) => {
    const file = join(folder, 'one.mjs')
    writeFileSync(file, `import t from 'tap'\nt.test('a', async (t) => {\n  t.pass()\n  ${body}\n})\n`)
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    await runFile(file, { timeoutSeconds: 60, env: {} }, (_, ran) => resolve(ran))
    return promise
  }
  t.match(await ran(`t.comment('fine')`), { passed: 1, failed: 0, said: [/# fine/] })
  t.match(await ran(`process.kill(process.pid, 'SIGKILL')`), {
    failed: 1,
    said: ['not ok - the file ended with SIGKILL']
  })
  const left = await ran('process.exit(0)')
  t.equal(left.failed, 1)
  t.match(left.said.join('\n'), /test unfinished/)
  for (const [body, shown] of [
    [`setTimeout(() => { throw new Error('late') }, 1)`, /not ok .*test unfinished/],
    [`Promise.reject(new Error('late'))`, /not ok .*late/]
  ] as const) {
    const { failed, said } = await ran(`${body}\n  await new Promise((end) => setTimeout(end, 200))`)
    t.ok(failed > 0, `${body}: an error that nobody caught fails the file`)
    t.match(said.join('\n'), shown)
  }
})

t.test('files share a process, and each is judged by itself', async (t) => {
  const folder = mkdtempSync('test/files-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const begin = `import t from 'tap'\nt.teardown(() => t.comment('cleaned up'))\nglobalThis.had = [...(globalThis.had ?? []), import.meta.filename]\n`
  const bodies: Record<string, string> = {
    'a-fine': `t.test('a', async (t) => t.pass())\nt.test('b', async (t) => t.ok(true))`,
    'b-fails': `t.test('a', async (t) => {\n  t.pass()\n  t.equal(1, 2, 'one is two')\n})`,
    'c-unread': `throw new Error('cannot be read')`,
    'd-nothing': ``,
    'e-slow': `await t.test('a', async (t) => t.pass())\nawait new Promise((go) => setTimeout(go, 50))\nt.test('b', async (t) => t.pass())`,
    'f-dies': `t.pass()\nawait new Promise((go) => setTimeout(go, 50))\nprocess.kill(process.pid, 'SIGKILL')`,
    'g-after': `t.equal(globalThis.had.length, 1, 'in another process')`,
    'g-uncaught': `t.test('a', async (t) => {\n  t.pass()\n  setTimeout(() => { throw new Error('late') }, 1)\n  await new Promise((go) => setTimeout(go, 200))\n})`,
    'h-endless': `t.test('a', () => new Promise(() => setInterval(() => {}, 1000)))`,
    'i-beyond': `t.test('a', async (t) => t.pass())\nt.teardown(() => { throw new Error('too late') })`,
    'j-fine': `t.equal(globalThis.had.length, 3, 'in the same process as the two before')`
  }
  const waiting = Object.entries(bodies).map(([name, body]) => {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, begin + body)
    return file
  })
  const ran: Record<string, { passed: number; failed: number; said: string }> = {}
  while (waiting.length > 0)
    await runTogether(
      () => waiting.shift(),
      { timeoutSeconds: 5, env: {} },
      (file, { passed, failed, said }) => (ran[basename(file, '.mjs')] = { passed, failed, said: said.join('\n') })
    )
  t.match(ran, {
    'a-fine': { passed: 2, failed: 0, said: /cleaned up/ },
    'b-fails': { passed: 1, failed: 1, said: /not ok 2 - one is two/ },
    'c-unread': { failed: 1, said: /cannot be read/ },
    'd-nothing': { passed: 0, failed: 1, said: /asserted nothing/ },
    'e-slow': { passed: 2, failed: 0 },
    'f-dies': { failed: 1, said: /ended with SIGKILL/ },
    'g-after': { passed: 1, failed: 0 },
    'g-uncaught': { passed: 0, failed: 1, said: /ended with code \d/ },
    'h-endless': { passed: 0, failed: 1, said: /timeout!/ },
    'i-beyond': { passed: 1, failed: 1, said: /too late/ },
    'j-fine': { passed: 1, failed: 0 }
  })
})
