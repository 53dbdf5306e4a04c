import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errorText } from '../base/error-text.ts'
import { failure } from '../base/errors.ts'
import { actionView, decisionView, eventView } from '../people/explain/views.ts'
import type { Reading } from '../store/journal.ts'
import { isForwarded } from './forwarded.ts'
import { problemError } from './problem.ts'
import { isLocalAddress, localActor } from './who.ts'

/** Notifies a listener that the journal may have something new; `src/bus/` has one. */
export interface Wakes {
  subscribe(listener: () => void): () => void
}

/** A browser shows no more at a glance; what a storm skips can be had from the lists. */
const ROWS = 100
const MAX_CLIENTS = 20
/** A browser opens no more to one server; nobody alone keeps the others from looking. */
const MAX_OF_ONE = 6
/** A wake is followed by one read after this long, however many wakes there were. */
const GATHER_MS = 200
/** Without a wake: another process may write to the same journal. */
const POLL_MS = 2000
const HEARTBEAT_MS = 15_000
/** A reader that is so far behind is cut off; EventSource comes back by itself and starts afresh. */
const MAX_BUFFERED = 2_000_000

const head = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } as const

/** Whose a stream is: a token's actor, a user of this machine, or an address. */
async function callerOf({ actor, socket, headers, raw }: FastifyRequest): Promise<string> {
  if (actor !== null) return actor.name
  const { remoteAddress } = socket
  const passedOn = isForwarded({ headers, httpVersion: raw.httpVersion })
  return isLocalAddress(remoteAddress) && !passedOn ? (await localActor(socket)).name : `${remoteAddress}`
}

const frame = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** Makes the feed of what is new since the read before; an action is new again whenever its state changes. */
export function createFeed(journal: Reading) {
  let lastEvent = -1
  let lastDecision = -1
  let states = new Map<string, string>()
  const read = async (): Promise<string[]> => {
    const page = { limit: ROWS }
    const [events, decisions, actions] = await Promise.all([
      journal.events(page),
      journal.decisions(page),
      journal.actions(page)
    ])
    const newEvents = events.filter((row) => row.seq > lastEvent)
    const newDecisions = decisions.filter((row) => row.id > lastDecision)
    const stateOf = new Map(actions.map((row) => [row.id, `${row.state} ${row.attempts.length}`]))
    const newActions = actions.filter((row) => stateOf.get(row.id) !== states.get(row.id))
    const full = newEvents.length === ROWS && lastEvent >= 0
    lastEvent = Math.max(lastEvent, ...newEvents.map((row) => row.seq))
    lastDecision = Math.max(lastDecision, ...newDecisions.map((row) => row.id))
    states = stateOf
    return [
      ...(full ? [frame('gap', { reason: `more than ${ROWS} events at once: the oldest are not shown` })] : []),
      ...newEvents.toReversed().map((row) => frame('event', eventView(row))),
      // Settings and answers are the same on every line and long: `explain` has them.
      ...newDecisions.toReversed().map((row) => {
        const { settings: _settings, answers: _answers, ...view } = decisionView(row)
        return frame('decision', view)
      }),
      ...newActions.toReversed().map((row) => frame('action', actionView(row)))
    ]
  }
  return { read }
}

/** Registers `GET /api/v1/stream`: server-sent events, what is there now first. */
export function streamRoutes(
  app: FastifyInstance,
  {
    journal,
    wakes,
    admitted = () => true
  }: {
    journal: Reading
    wakes: Wakes | undefined
    /** Whether who opened the stream may still read. */
    admitted?: (request: FastifyRequest) => boolean
  }
): void {
  const clients = new Set<() => Promise<void>>()
  /** Each with who asked for it. */
  const open = new Map<ServerResponse, string>()
  let gathering: NodeJS.Timeout | null = null

  const readAll = (): void => {
    gathering = null
    for (const push of clients) void push()
  }
  const unsubscribe = wakes?.subscribe(() => {
    // Not restarted by later wakes: a storm must not put the read off for ever.
    if (clients.size > 0) gathering ??= setTimeout(readAll, GATHER_MS).unref()
  })
  const poll = setInterval(readAll, POLL_MS).unref()

  app.get('/api/v1/stream', async (request, reply) => {
    // Whoever asks only what there would be gets that, and holds nothing.
    if (request.method === 'HEAD') return reply.headers(head).send()
    const caller = await callerOf(request)
    if (request.socket.destroyed) return reply.hijack()
    const theirs = [...open.values()].filter((one) => one === caller).length
    if (open.size >= MAX_CLIENTS || theirs >= MAX_OF_ONE) {
      const which = theirs >= MAX_OF_ONE ? `your ${MAX_OF_ONE}` : `all ${MAX_CLIENTS}`
      throw problemError(failure('TOO_MANY_STREAMS', which))
    }
    reply.hijack()
    const client = reply.raw
    const feed = createFeed(journal)
    let quietSince = 0
    let reading = false
    const push = async (): Promise<void> => {
      if (reading) return
      if (!admitted(request)) return void client.end()
      reading = true
      try {
        const frames = await feed.read()
        quietSince = frames.length > 0 ? 0 : quietSince + POLL_MS
        if (frames.length > 0) client.write(frames.join(''))
        else if (quietSince >= HEARTBEAT_MS) client.write(': still here\n\n', () => (quietSince = 0))
        if (client.writableLength > MAX_BUFFERED) client.destroy()
      } catch (error) {
        request.log.warn({ error: errorText(error) }, 'live stream: the journal could not be read')
      } finally {
        reading = false
      }
    }
    client.writeHead(200, {
      ...reply.getHeaders(),
      ...head
    } as Record<string, string>)
    client.write('retry: 2000\n\n')
    clients.add(push)
    open.set(client, caller)
    client.on('error', () => client.destroy())
    client.on('close', () => {
      clients.delete(push)
      open.delete(client)
    })
    void push()
  })

  app.addHook('preClose', async () => {
    unsubscribe?.()
    clearInterval(poll)
    if (gathering !== null) clearTimeout(gathering)
    for (const client of open.keys()) client.end()
  })
}
