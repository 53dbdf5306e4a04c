import type { FastifyInstance } from 'fastify'

interface Limits {
  /** Bytes from which a body is big; one of unknown length is. */
  readonly from: number
  readonly atOnce: number
  /** So long a sender whose turn it is may take. */
  readonly readMs: number
}

/**
 * Has big bodies of this scope read a few at a time: the others wait in their sockets, not in our memory. A turn ends
 * with the answer. Small ones pass by, so that a slow sender of big ones holds up nothing else.
 */
export function takeTurns(scope: FastifyInstance, { from, atOnce, readMs }: Limits): void {
  let free = atOnce
  const waiting: (() => void)[] = []

  scope.addHook('onRequest', (request, reply, done) => {
    const length = request.headers['content-length']
    if (length !== undefined ? Number(length) < from : request.headers['transfer-encoding'] === undefined) return done()
    const begin = () => {
      free--
      const tooSlow = setTimeout(() => request.raw.destroy(), readMs)
      request.raw.once('end', () => clearTimeout(tooSlow))
      let over = false
      const end = () => {
        if (over) return
        over = true
        clearTimeout(tooSlow)
        free++
        waiting.shift()?.()
      }
      reply.raw.once('finish', end).once('close', end)
      done()
    }
    if (free > 0) return begin()
    waiting.push(begin)
    // Whoever hung up while waiting is not answered: there is nobody to read it.
    reply.raw.once('close', () => {
      const place = waiting.indexOf(begin)
      if (place !== -1) waiting.splice(place, 1)
    })
  })
}
