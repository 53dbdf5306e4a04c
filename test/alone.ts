import { matchesGlob, relative } from 'node:path'

/** Files that need a process of their own; all others share a few (`test/together.ts`). */
const files = [
  // They measure the memory of their process.
  'test/handlers/gitlab.test.ts',
  'test/consumers/openstack.test.ts',
  // They change what belongs to a whole process: its environment, its mask for new files, its children.
  'test/people/local-proof.test.ts',
  'test/pipeline/replay.test.ts',
  'test/clients/kubernetes/hung.test.ts',
  'test/e2e/own-files.test.ts',
  // They are about how a process starts, hangs and ends.
  'test/{ending,files}.test.ts',
  'test/store/sqlite/reader.test.ts',
  'test/pipeline/worker.test.ts',
  'test/e2e/{hung,start}.test.ts',
  // It starts a broker of its own and waits for it: meanwhile the rest goes on.
  'test/consumers/topology.test.ts',
  // One after another, each tried again where it fails.
  'test/lab/*.test.ts'
]

/** Whether this file runs in a process of its own. */
export const alone = (file: string): boolean => files.some((pattern) => matchesGlob(relative('.', file), pattern))
