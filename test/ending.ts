// Loaded before each test file: one whose tests are over and that goes on, because something was left open, fails and ends
// within seconds instead of keeping the whole run until its time-out.
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { processorSeconds } from './processor.ts'

const patienceMs = Number(process.env.REFLEX_TEST_ENDING_MS ?? 10_000)

// A thread of the product gets the same flags as the process, and must not run the tests once more.
if (isMainThread) {
  const { default: t } = await import('tap')
  // For the runner, which cannot ask for it once the process has ended.
  if (process.env.REFLEX_TEST_PROCESSOR)
    process.once('exit', () => writeSync(1, `# processor=${processorSeconds().toFixed(2)}s\n`))
  // Only when the whole file was read: from its first teardown on, tap ends a file as soon as no test is waiting, and tests that
  // follow a slow `await` between two of them would be lost. A file that cannot be read says so itself.
  import(pathToFileURL(process.argv[1]!).href).then(
    () => {
      t.teardown(() => {
        setTimeout(() => {
          console.error(`the tests are over, but this was left open: ${process.getActiveResourcesInfo().join(', ')}`)
          process.exit(1)
        }, patienceMs).unref()
      })
      // It looks at that only when it becomes idle, which it may be already.
      t.emit('idle')
    },
    () => {}
  )
}
