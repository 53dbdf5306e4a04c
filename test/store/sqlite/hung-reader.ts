import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { ReadQuestion, ReadThreadData } from '../../../src/store/sqlite/read-thread.ts'

/**
 * The thread that reads, with a disk that hangs and a bug: what is asked about `hang` never comes back from SQLite, `crash` ends
 * the thread, and everything else is answered with its own name.
 */
const { journalPath } = workerData as ReadThreadData
const db = new DatabaseSync(journalPath, { readOnly: true })
const never = new Int32Array(new SharedArrayBuffer(4))
db.function('hang', () => {
  Atomics.wait(never, 0, 0)
  return 1
})

parentPort!.on('message', ({ id, name, values }: ReadQuestion) => {
  const about = JSON.stringify(values)
  if (about.includes('crash')) throw new Error('a bug of the thread')
  if (about.includes('hang')) db.prepare('select hang()').get()
  parentPort!.postMessage({ id, value: name === 'event' || name === 'answer' ? null : [] })
})
parentPort!.postMessage('ready')
