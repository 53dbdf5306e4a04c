// Runs the tests and ends with one plain line: `N passed, N failed`. `--lab`: those that need the lab, one after another;
// otherwise everything else, with one private RabbitMQ for all. `--dist`: the suites that start the product or its command, on the
// bundle as the image starts it instead of on the sources. `--times`: says at the end which files took most processor time. Further
// arguments: only these files.
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startBroker } from './broker.ts'
import { runFiles } from './files.ts'

const args = process.argv.slice(2)
const lab = args.includes('--lab')
const dist = args.includes('--dist')
const times = args.includes('--times')
const named = args.filter((arg) => !['--lab', '--dist', '--times'].includes(arg))
/** Suites in which the product, or `reflex`, runs as a process: `test/e2e/running.ts`. */
const asProcess = ['test/e2e/{start,doors,reload,broker,secrets,command-line}.test.ts', 'test/doctor/*.test.ts'].concat(
  'test/browser/running.test.ts'
)
const files =
  named.length > 0
    ? named
    : globSync(dist ? asProcess : 'test/**/*.test.ts').filter((file) => file.startsWith('test/lab/') === lab)
if (dist) {
  execFileSync(process.execPath, ['build.mjs'], { stdio: 'inherit' })
  process.env.REFLEX_TEST_DIST = resolve('dist')
}
// Journals of an earlier run may be of another build.
if (lab && named.length === 0) rmSync('.lab/journals', { recursive: true, force: true })

const folder = mkdtempSync(join(lab ? tmpdir() : quickFolder(), 'reflex-test-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
// A run that is ended from outside ends what it started: `exit` has its say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
// For everything that is started from here.
process.env.TMPDIR = folder
process.env.NODE_COMPILE_CACHE = resolve('node_modules/.cache/compile')
const broker = lab ? undefined : await startBroker()
const ways = { jobs: lab ? 1 : 2, timeoutSeconds: lab ? 900 : 300, env: broker?.env ?? {} }

let { passed, failed, skipped, broken, processor } = await runFiles(files, ways)
// The lab is a dozen services of others on two cores: a file that fails there is tried once more, from the clean state that each
// begins with, and said to be flaky where it passes then.
if (lab && broken.length > 0 && broken.length <= 3) {
  console.log(`once more, since they failed: ${broken.join(', ')}`)
  const again = await runFiles(broken, ways)
  passed += again.passed
  failed = again.failed
  skipped += again.skipped
  for (const file of broken.filter((one) => !again.broken.includes(one)))
    console.log(`flaky: ${file} failed and then passed`)
}
await broker?.stop()
if (times) {
  const sum = processor.reduce((sum, { seconds }) => sum + seconds, 0)
  console.log(`processor time: ${sum.toFixed(0)} s in ${processor.length} files, most of it in`)
  for (const { file, seconds } of processor.slice(0, 30)) console.log(`${seconds.toFixed(2).padStart(8)} s ${file}`)
}
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
