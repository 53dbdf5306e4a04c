import { type ClientRequest, Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { cleanText } from '../../base/error-text.ts'

/** One HTTP answer, body as text. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One HTTP request. */
export interface RawRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly signal: AbortSignal
  /** On a connection of its own. */
  readonly fresh: boolean
  /** Awaited once the connection stands, before the first byte goes out; what it throws is thrown, and nothing is sent. */
  readonly look?: (() => Promise<void>) | null
}

/** No HTTP answer came. `sent` says whether the request may have reached the server. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  /** `aborted`: the request's own signal, with its reason as cause. */
  readonly kind: 'network' | 'reset' | 'aborted'
  readonly sent: boolean
  constructor(message: string, kind: TransportError['kind'], sent: boolean, cause: unknown) {
    super(cleanText(message), { cause })
    this.kind = kind
    this.sent = sent
  }
}

/** An HTTP transport: keep-alive connections with the cloud's own CA bundle. */
export interface HttpTransport {
  send(url: URL, request: RawRequest): Promise<RawAnswer>
  close(): void
}

// A page of 1,000 servers with long metadata is 5 MB; a body beyond this is not an API answer.
const MAX_BODY_BYTES = 64 * 1024 * 1024

/**
 * node:http and node:https rather than fetch: fetch takes no CA bundle without a package, and tells neither whether a
 * request had left nor whether its connection was a reused one.
 */
export function createTransport(tls: { ca: string | null; verify: boolean }): HttpTransport {
  const options = { rejectUnauthorized: tls.verify, ...(tls.ca === null ? {} : { ca: tls.ca }) }
  const http = new HttpAgent({ keepAlive: true, maxFreeSockets: 16 })
  const https = new HttpsAgent({ keepAlive: true, maxFreeSockets: 16, ...options })

  async function send(url: URL, { method, headers, body, signal, fresh, look = null }: RawRequest): Promise<RawAnswer> {
    const secure = url.protocol === 'https:'
    const agent = fresh ? false : secure ? https : http
    let sent = false
    let refused = false
    try {
      const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const call = (secure ? requestHttps : requestHttp)(url, {
        method,
        headers: { ...headers, ...length },
        signal,
        agent,
        ...(secure ? options : {})
      })
      const answer = answerTo(call)
      const connected = connectionOf(call, secure)
      if (look === null) {
        connected.then(() => (sent = true))
        call.end(body ?? undefined)
        return await answer
      }
      // Nothing goes out before `end`; a connection that fails first fails the answer.
      await Promise.race([connected, answer])
      const looked = look().catch((error: unknown) => {
        refused = true
        call.destroy()
        throw error
      })
      await Promise.race([looked, answer])
      signal.throwIfAborted()
      sent = true
      call.end(body ?? undefined)
      return await answer
    } catch (error) {
      if (refused) throw error
      if (signal.aborted) throw new TransportError('aborted', 'aborted', sent, signal.reason)
      const { code, message } = error as NodeJS.ErrnoException
      const reset = code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET'
      const what = reset ? 'the connection was closed before an answer came' : ((message || code) ?? 'no connection')
      throw new TransportError(what, sent && reset ? 'reset' : 'network', sent, error)
    }
  }

  return {
    send,
    close: () => {
      http.destroy()
      https.destroy()
    }
  }
}

/** Resolves when there is a connection to send on; where there is none, the request itself tells. */
function connectionOf(call: ClientRequest, secure: boolean): Promise<void> {
  return new Promise((resolve) => {
    call.on('socket', (socket) => {
      if (!socket.connecting) resolve()
      else socket.once(secure ? 'secureConnect' : 'connect', () => resolve())
    })
  })
}

function answerTo(call: ClientRequest): Promise<RawAnswer> {
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    call.on('error', reject)
    // It may be closed without a word, e.g. after an answer that switches protocols: nobody waits for ever then.
    const closed = () => reject(new Error('the connection was closed before a whole answer came'))
    let answered = false
    call.on('close', () => answered || closed())
    call.on('response', (response) => {
      answered = true
      response.on('close', closed)
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_BODY_BYTES) call.destroy(new Error(`the answer is longer than ${MAX_BODY_BYTES} bytes`))
        chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString()
        })
      )
    })
  })
  // Who is refused by the look waits for no answer.
  answer.catch(() => {})
  return answer
}
