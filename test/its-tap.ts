// What `import t from 'tap'` gives to a file that shares its process with others (`test/together.ts`): not tap's root, but the
// test that holds this file, so that its teardowns, its counts and its time-out are its own.
import type { Test } from 'tap'

let current: Test

/** From now on, this is the file's tap. */
export function turnTo(file: Test): void {
  current = file
}

export { current as default }
