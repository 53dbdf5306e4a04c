import { errorText, wordOrNull } from '../../base/error-text.ts'
import { CLUSTER_PART, enter, TimeOver, withinWork } from '../../core/work.ts'
import { type BreakerOptions, type BreakerState, createBreaker, LeftAlone } from '../http/breaker.ts'
import { type Look, NotSent, type TimeLimit, timeLimit } from '../http/time-limit.ts'
import { connectTo, type Dispatcher } from './connection.ts'
import { createCredentials, type SignIn } from './credentials.ts'
import { KubernetesError, type KubernetesErrorFacts } from './error.ts'
import { impersonationHeaders } from './impersonation.ts'
import { type Access, type KubernetesSource, loadAccess } from './kubeconfig.ts'
import type { Withheld } from './plugin-environment.ts'
import { readRefusal } from './refusal.ts'

/** One answer of an API server. */
export interface KubernetesAnswer {
  readonly body: unknown
  /** The API server's id of this call, as in its audit log. */
  readonly requestId: string | null
}

/** What a call may say beside its method and path. */
export interface KubernetesCallOptions {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentType?: string
  /** Looks at a changing call when it is signed in and has its connection, and at one that is sent again once more. */
  readonly before?: Look
}

/** Calls to one API server; every failure is a KubernetesError. */
export interface KubernetesCalls {
  send(method: 'GET' | 'PATCH', path: string, options?: KubernetesCallOptions): Promise<KubernetesAnswer>
  breaker(): BreakerState
  close(): void
}

/** Time-outs of the calls, their circuit breaker, and which environment variables a credential plug-in does not get. */
export interface CallSettings {
  /** For the whole of a call: files, plug-in, DNS, TLS, the answer to its last byte. */
  readonly timeoutMs: number
  readonly withheld: Withheld
  readonly breaker: BreakerOptions
  readonly onBreaker: (state: BreakerState) => void
}

interface Opened {
  readonly access: Access
  readonly since: number
  connection: { readonly to: Dispatcher; readonly certificate: Access['certificate'] } | null
}

interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** How far a call is. */
interface Call {
  readonly facts: KubernetesErrorFacts
  waitsFor: string | null
  sent: boolean
}

// After so long the kubeconfig and its files are read anew: certificates and tokens are replaced where they lie.
const ACCESS_LIFE_MS = 300_000
const MAX_BODY_BYTES = 64 * 1024 * 1024

/** Makes the calls to one API server; nothing is read, loaded or sent before the first one. */
export function createCalls(cluster: string, source: KubernetesSource, settings: CallSettings): KubernetesCalls {
  const { timeoutMs, withheld, onBreaker } = settings
  const party = { name: `kubernetes of cluster ${cluster}`, part: CLUSTER_PART }
  const breaker = createBreaker(cluster, 'kubernetes', settings.breaker, onBreaker)
  const credentials = createCredentials(timeoutMs, withheld)
  let opening: Promise<Opened> | null = null

  function open(facts: KubernetesErrorFacts): Promise<Opened> {
    if (opening !== null) return opening
    const mine = loadAccess(source, AbortSignal.timeout(timeoutMs)).then(
      (access): Opened => ({ access, since: performance.now(), connection: null }),
      (error: Error) => {
        const late = error.name === 'TimeoutError'
        const said = late ? `its kubeconfig could not be read within ${timeoutMs} ms` : error.message
        throw new KubernetesError(said, { ...facts, code: 'kubeconfig', retryable: late })
      }
    )
    opening = mine
    // A kubeconfig that is mended is read by the next call.
    mine.catch(() => {
      if (opening === mine) opening = null
    })
    return mine
  }

  function forget(): void {
    const was = opening
    opening = null
    was?.then(leave).catch(() => {})
  }

  /** Calls that are under way on it, or about to be sent, end first; those still being prepared make their own. */
  function leave(opened: Opened): void {
    const was = opened.connection
    opened.connection = null
    if (was !== null) setImmediate(() => was.to.close().catch(() => {}))
  }

  async function connected(opened: Opened, signIn: SignIn): Promise<Dispatcher> {
    const { certificate } = signIn
    const known = opened.connection
    if (known !== null && known.certificate?.cert === certificate?.cert) return known.to
    // 370 ms and 60 MB: only for who has a Kubernetes.
    const library = await import('@kubernetes/client-node')
    const to = await connectTo(opened.access, signIn, library)
    leave(opened)
    opened.connection = { to, certificate }
    return to
  }

  /**
   * Nothing goes out, not even the head, before the first piece of the body: which is asked for only once a connection is there.
   * The pieces are no stream, which would let time pass between the look and the wire.
   */
  async function* looked(call: Call, body: Buffer, look: () => Promise<void>): AsyncGenerator<Buffer> {
    await look()
    call.sent = true
    yield body
  }

  async function attempt(
    call: Call,
    options: KubernetesCallOptions,
    limit: TimeLimit,
    signal: AbortSignal
  ): Promise<RawAnswer> {
    const { method, path } = call.facts
    call.waitsFor = 'its kubeconfig'
    const known = open(call.facts)
    let opened = await known
    if (performance.now() - opened.since > ACCESS_LIFE_MS) {
      if (opening === known) forget()
      opened = await open(call.facts)
    }
    const { access } = opened
    if (access.exec !== null) call.waitsFor = `the credential plug-in ${access.exec.command}`
    let signIn: SignIn
    try {
      signIn = await credentials.of(access, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw new KubernetesError(`no credentials: ${errorText(error)}`, { ...call.facts, code: 'credentials' }, error)
    }
    call.waitsFor = null
    const dispatcher = await connected(opened, signIn)
    signal.throwIfAborted()
    const { before } = options
    const look = before && (() => limit.anew(before).then(() => signal.throwIfAborted()))
    const body = options.body === undefined ? null : Buffer.from(JSON.stringify(options.body))
    if (body === null || look === undefined) call.sent = true
    const url = new URL(`${access.server}${path}`)
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value)
    try {
      const answer = await dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: method as never,
        signal,
        // Several groups to impersonate are several headers, which HTTP/2 would be given as one.
        ...({ allowH2: false } as object),
        headers: {
          accept: 'application/json',
          'user-agent': 'stackreflex',
          ...(body === null ? {} : { 'content-type': options.contentType ?? 'application/json' }),
          ...(body === null ? {} : { 'content-length': String(body.length) }),
          ...(signIn.authorization === null ? {} : { authorization: signIn.authorization }),
          ...(impersonationHeaders(access.impersonate) as Record<string, string | string[]>)
        },
        // The library takes anything that can be iterated, and its types do not say so.
        body: body === null || look === undefined ? body : (looked(call, body, look) as never)
      })
      return { status: answer.statusCode, headers: plain(answer.headers), text: await whole(answer.body) }
    } catch (error) {
      if (error instanceof NotSent) throw error
      signal.throwIfAborted()
      const { message, code = '' } = error as NodeJS.ErrnoException
      const refused = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)
      const said = code === 'ECONNREFUSED' ? `${url.host} refuses connections: is the API server up?` : message || code
      throw new KubernetesError(
        said,
        { ...call.facts, unknownOutcome: method !== 'GET' && call.sent && !refused },
        error
      )
    }
  }

  /** Whatever it hangs on, it is over when its time is. */
  async function answered(facts: KubernetesErrorFacts, options: KubernetesCallOptions): Promise<RawAnswer> {
    // For both attempts: a caller's claim does not last longer because of a 401.
    const limit = timeLimit(timeoutMs)
    const signal = withinWork(limit.signal)
    const call: Call = { facts, waitsFor: null, sent: false }
    const { promise: late, reject } = Promise.withResolvers<never>()
    const giveUp = () => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    async function both(): Promise<RawAnswer> {
      const got = await attempt(call, options, limit, signal)
      if (got.status !== 401) return got
      // Nothing was performed. A kubeconfig or a token may have been replaced since it was read.
      credentials.drop()
      forget()
      call.sent = false
      return attempt(call, options, limit, signal)
    }
    try {
      return await Promise.race([both(), late])
    } catch (error) {
      if (!signal.aborted || error instanceof KubernetesError) throw error
      const { waitsFor, sent } = call
      const lost = sent && facts.method !== 'GET'
      // Whoever asked has used up its own time: no evidence against this API server.
      if (signal.reason instanceof TimeOver) {
        const said = `given up, because what asked was ${signal.reason.message}`
        throw new KubernetesError(said, { ...facts, code: 'aborted', unknownOutcome: lost }, error)
      }
      const plugin = waitsFor?.startsWith('the credential plug-in') === true
      const said = plugin
        ? `${waitsFor} had not ended after ${limit.ms} ms, and was killed with all that it had started: does it wait for somebody to sign in?`
        : `${waitsFor === null ? 'no answer' : `${waitsFor} could not be read`} within ${limit.ms} ms`
      const outcome = { code: plugin ? 'credentials' : 'timeout', unknownOutcome: lost }
      throw new KubernetesError(said, { ...facts, ...outcome }, error)
    } finally {
      signal.removeEventListener('abort', giveUp)
      limit.end()
    }
  }

  return {
    async send(method, path, options = {}) {
      enter(party)
      const facts: KubernetesErrorFacts = { cluster, method, path, code: 'network', retryable: true }
      const guarded = { what: `${method} ${path}`, resetSaysNothing: false, failed: whyFailed }
      const { status, headers, text } = await breaker
        .run(guarded, () => answered(facts, options))
        .catch((error: unknown) => {
          if (error instanceof NotSent) throw error.cause
          if (!(error instanceof LeftAlone)) throw error
          const { message, retryAfterMs } = error
          throw new KubernetesError(message, { ...facts, code: 'left_alone', retryAfterMs })
        })
      const requestId = wordOrNull(headers['audit-id'])
      let body: unknown
      try {
        body = JSON.parse(text)
      } catch {
        body = undefined
      }
      if (status >= 400) throw readRefusal({ ...facts, status, requestId }, headers, body)
      if (typeof body !== 'object' || body === null)
        throw new KubernetesError('the answer is not an API server’s: is there a proxy or a login page between?', {
          ...{ ...facts, status, requestId, code: 'malformed' },
          unknownOutcome: method !== 'GET'
        })
      return { body, requestId }
    },
    breaker: () => breaker.state(),
    close() {
      credentials.close()
      forget()
    }
  }
}

/** An API server that cannot be reached, a plug-in that gives nothing, a kubeconfig that says no: left alone for a while. */
function whyFailed(error: unknown): string | null {
  if (!(error instanceof KubernetesError)) return null
  return ['timeout', 'network', 'credentials', 'kubeconfig'].includes(error.code) ? error.said : null
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

async function whole(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
