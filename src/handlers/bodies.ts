import type { IncomingMessage } from 'node:http'
import { type Failure, failure } from '../base/errors.ts'

interface Limits {
  /** Bytes of one body. */
  readonly biggest: number
  /** Bytes of all bodies that are being read or worked on. */
  readonly together: number
  /** So long a body may take. */
  readonly withinMs: number
}

/** A body that is not read, and how that is answered. */
export class UnreadableBody extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** Bodies in memory, by what has come of them: a promise of 20 MB takes nobody's place. */
export interface Bodies {
  /** Reads one whole, and calls `done` once; it counts until the function that this gives says that it is done with. */
  read(request: IncomingMessage, peer: string, done: Done): () => void
}

type Done = (error: Error | null, body?: Buffer) => void

interface Reading {
  readonly peer: string
  bytes: number
  done: boolean
  readonly cut: (failure: Failure) => void
}

/**
 * Makes the budget of memory for request bodies: where all of them together are too much, the oldest unfinished one of the peer that holds
 * most is cut off.
 */
export function createBodies({ biggest, together, withinMs }: Limits): Bodies {
  const all = new Set<Reading>()
  let held = 0

  function makeRoom(): void {
    while (held > together) {
      const open = [...all].filter(({ done }) => !done)
      const sums = new Map<string, number>()
      for (const { peer, bytes } of all) sums.set(peer, (sums.get(peer) ?? 0) + bytes)
      const [first] = open.sort((a, b) => sums.get(b.peer)! - sums.get(a.peer)!)
      // Sets keep the order in which they came.
      const oldest = [...all].find((one) => !one.done && one.peer === first?.peer)
      if (oldest === undefined) return
      oldest.cut(failure('BUSY'))
    }
  }

  return {
    read(request, peer, done) {
      // No promise: it would keep the body for as long as the connection is kept.
      let ask: Done | null = done
      const settle: Done = (error, body) => {
        ask?.(error, body)
        ask = null
      }
      const chunks: Buffer[] = []
      const late = setTimeout(() => cut(failure('TOO_SLOW')), withinMs)
      const reading: Reading = { peer, bytes: 0, done: false, cut }
      function over() {
        clearTimeout(late)
        chunks.length = 0
        if (all.delete(reading)) held -= reading.bytes
      }
      function cut(why: Failure) {
        over()
        request.off('data', take)
        // What still comes is thrown away until the answer has gone out.
        request.resume()
        settle(new UnreadableBody(why))
      }
      function take(chunk: Buffer) {
        chunks.push(chunk)
        reading.bytes += chunk.length
        held += chunk.length
        if (reading.bytes > biggest) cut(failure('TOO_BIG', biggest))
        else makeRoom()
      }
      all.add(reading)
      if (Number(request.headers['content-length'] ?? 0) > biggest) cut(failure('TOO_BIG', biggest))
      else
        request
          .on('data', take)
          .once('end', () => {
            clearTimeout(late)
            reading.done = true
            const body = Buffer.concat(chunks)
            chunks.length = 0
            settle(null, body)
          })
          .once('error', (error) => {
            over()
            settle(error)
          })
          // Also where nobody answers any more.
          .once('close', () => {
            if (!reading.done) over()
          })
      return over
    }
  }
}
