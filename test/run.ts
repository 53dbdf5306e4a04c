// Runs the tests and ends with one plain line: `N passed, N failed`. `--lab`: those that need the lab, one after another;
// otherwise everything else, with one private RabbitMQ for all. Further arguments: only these files.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { startBroker } from './broker.ts'

const args = process.argv.slice(2)
const lab = args.includes('--lab')
const named = args.filter((arg) => arg !== '--lab')
const files =
  named.length > 0 ? named : globSync('test/**/*.test.ts').filter((file) => file.startsWith('test/lab/') === lab)
// Journals of an earlier run may be of another build.
if (lab && named.length === 0) rmSync('.lab/journals', { recursive: true, force: true })

const folder = mkdtempSync(join(lab ? tmpdir() : quickFolder(), 'reflex-test-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
// For everything that is started from here.
process.env.TMPDIR = folder
process.env.NODE_COMPILE_CACHE = resolve('node_modules/.cache/compile')
const broker = lab ? undefined : await startBroker()
const flags = ['--reporter=tap', `--jobs=${lab ? 1 : 2}`, `--timeout=${lab ? 900 : 300}`]
const tap = spawn('tap', [...flags, ...files.sort()], {
  env: { ...process.env, ...broker?.env },
  stdio: ['ignore', 'pipe', 'inherit']
})

let passed = 0
let failed = 0
let skipped = 0
// Passing assertions are only counted; failures are printed with their diagnostics, comments (figures) always.
let telling = false
for await (const line of createInterface({ input: tap.stdout })) {
  const summary = /^# \{ total: (.*) \}$/.exec(line)
  if (summary !== null) {
    const count = (what: string) => Number(new RegExp(`${what}: (\\d+)`).exec(line)?.[1] ?? 0)
    passed = count('pass')
    failed = count('fail')
    skipped = count('skip') + count('todo')
    continue
  }
  if (/^ok \d+ - /.test(line)) console.log(line)
  else if (/^\s*not ok \d+ - /.test(line)) telling = true
  else if (/^\s*ok \d+ - |^\s*# Subtest/.test(line)) telling = false
  if (telling || /^\s*# (?!Subtest|time=|No coverage)/.test(line)) console.log(line)
}
const code = await new Promise<number>((resolve) => tap.once('close', (exit) => resolve(exit ?? 1)))
await broker?.stop()

// A runner that died, or that ran nothing, has not passed.
if (failed === 0 && (code !== 0 || passed === 0)) failed = 1
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)

/** Memory, where there is plenty of it: every commit of a journal waits for the disk, which on a busy machine is what takes longest. */
function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    return bavail * bsize > 4e9 ? '/dev/shm' : tmpdir()
  } catch {
    return tmpdir()
  }
}
