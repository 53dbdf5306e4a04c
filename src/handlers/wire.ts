import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyHttpOptions, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Failure, failure } from '../base/errors.ts'
import { problemDetailOf, problemType, sendProblem } from './problem.ts'
import type { Refusals } from './refusals.ts'

// An ES import of it would evaluate all that it exports, `fetch` and WebSockets among it.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** What a connection may cost before anybody is known: times for headers and bodies, and how many one address may hold. */
export interface WireLimits {
  readonly headersMs: number
  readonly requestMs: number
  /** How often what is too slow is looked for. */
  readonly checkMs: number
  readonly connections: number
  readonly ofOnePeer: number
}

/** The limits of connections that hold where nothing else is said. */
export const wireLimits: WireLimits = {
  headersMs: 10_000,
  // GitLab gives up after ten seconds, and Slack after three.
  requestMs: 15_000,
  checkMs: 1000,
  connections: 1000,
  ofOnePeer: 200
}

/** Makes Fastify's options that hold connections to these limits, and answer what reaches no route as everything else is answered. */
export function wireOptions({ headersMs, requestMs, checkMs }: WireLimits) {
  return {
    requestTimeout: requestMs,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: checkMs },
    frameworkErrors: (error: { code?: string }, _request: FastifyRequest, reply: FastifyReply) => {
      reply.headers({ 'x-stackreflex': 'unknown', 'x-content-type-options': 'nosniff' })
      return sendProblem(reply, failure(error.code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'LONG_ADDRESS' : 'BAD_ADDRESS'))
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) => {
      if (error.code === 'ECONNRESET' || socket.destroyed) return
      if (socket.writable) socket.write(unreadable(failureOf(error.code)))
      socket.destroy(error)
    }
  } satisfies FastifyHttpOptions<Server>
}

const failureOf = (code: string | undefined): Failure => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return failure('TOO_SLOW')
  return failure(code === 'HPE_HEADER_OVERFLOW' ? 'LONG_HEADERS' : 'BAD_REQUEST')
}

/** An answer to what is no request yet. */
function unreadable(failed: Failure): string {
  const { status } = failed
  const body = JSON.stringify(problemDetailOf(failed, null))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'x-stackreflex: unknown',
    'connection: close'
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Ends connections beyond what there may be, in all and of one address. */
export function limitPeers(app: FastifyInstance, { connections, ofOnePeer }: WireLimits, refusals: Refusals): void {
  app.server.maxConnections = connections
  const held = new Map<string, number>()
  const refuse = (from: string | undefined, sentence: string) =>
    refusals.note({ reason: 'TOO_MANY_CONNECTIONS', sentence, from })
  app.server.on('drop', (one) => refuse(one?.remoteAddress, `a connection was refused: all ${connections} are taken`))
  app.server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? ''
    const count = (held.get(from) ?? 0) + 1
    if (count > ofOnePeer) {
      refuse(from, `a connection was refused: one address holds ${ofOnePeer} already`)
      return socket.destroy()
    }
    held.set(from, count)
    socket.once('close', () => {
      const left = (held.get(from) ?? 1) - 1
      if (left === 0) held.delete(from)
      else held.set(from, left)
    })
  })
}

/**
 * Ends what would keep the server from closing: a connection on which nothing was asked at once, for Node counts it as busy and
 * looks at no time limit any more; whatever is unfinished after the time that a request has.
 */
export function endConnections(app: FastifyInstance, { requestMs }: WireLimits): void {
  const open = new Set<Socket>()
  let closing = false
  app.server.on('connection', (socket: Socket) => {
    if (closing) return socket.destroy()
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  app.addHook('preClose', async () => {
    closing = true
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
    setTimeout(() => {
      for (const socket of open) socket.destroy()
    }, requestMs).unref()
  })
}
