// In place of the thread that appends: refuses what is called 'refuse', and ends at 'end'.
import { parentPort } from 'node:worker_threads'
import type { FromWriteThread, Given } from '../../../src/store/sqlite/write-thread.ts'

const port = parentPort!
port.on('message', (message: string) => {
  if (message === 'close') return port.close()
  const given = JSON.parse(message) as readonly Given[]
  if (given.some(({ batch }) => batch.events[0]?.event.id === 'end')) process.exit(3)
  const failed = { file: true, message: 'the disk is full' }
  port.postMessage({ became: given.map(({ id }) => ({ id, failed })) } satisfies FromWriteThread)
})
port.postMessage({ ready: true } satisfies FromWriteThread)
