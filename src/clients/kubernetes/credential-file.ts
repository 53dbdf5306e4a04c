import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

const MAX_BYTES = 4 * 1024 * 1024

/**
 * A file that credentials rest on; throws the end of a sentence that begins with its path. Only an ordinary file is read: a pipe
 * or a device may never end, and would keep a thread of the whole process.
 */
export async function readCredentialFile(path: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted()
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`cannot be read: ${error.code ?? 'error'}`)
  })
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error('cannot be read: it is not an ordinary file')
    if (facts.size > MAX_BYTES) throw new Error(`cannot be read: it is larger than ${MAX_BYTES} bytes`)
    return await file.readFile({ encoding: 'utf8', ...(signal === undefined ? {} : { signal }) })
  } finally {
    await file.close()
  }
}
