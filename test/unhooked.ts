// Loaded before tap where the runner starts a file: tap follows every promise and every socket with an async hook, to know the
// test of an error that nobody caught, which takes up to a fifth of a file's processor time. Without it such an error still
// fails the file and is shown, but may end it at once. A file that is run by itself keeps the hook.
import hooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

const { createHook } = hooks
const none = { enable: () => none, disable: () => none }

function provide(how: () => unknown): void {
  Object.assign(hooks, { createHook: how })
  syncBuiltinESMExports()
}

provide(() => none)
await import('tap')
provide(createHook as () => unknown)
