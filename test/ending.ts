// Loaded before each test file: one whose tests are over and that goes on, because something was left open, fails and ends
// within seconds instead of keeping the whole run until its time-out.
import t from 'tap'

const patienceMs = Number(process.env.REFLEX_TEST_ENDING_MS ?? 10_000)

t.teardown(() => {
  setTimeout(() => {
    console.error(`the tests are over, but this was left open: ${process.getActiveResourcesInfo().join(', ')}`)
    process.exit(1)
  }, patienceMs).unref()
})
