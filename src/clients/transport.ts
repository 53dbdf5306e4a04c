import { Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { cleanText } from '../core/error-text.ts'

/** One HTTP answer, body as text. */
export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** One HTTP request; `fresh` takes a connection of its own. */
export interface RawRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | null
  readonly signal: AbortSignal
  readonly fresh: boolean
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

/** How requests get to a cloud: keep-alive connections with the cloud's own CA bundle. */
export interface Transport {
  send(url: URL, request: RawRequest): Promise<RawAnswer>
  close(): void
}

// A page of 1,000 servers with long metadata is 5 MB; a body beyond this is not an API answer.
const MAX_BODY_BYTES = 64 * 1024 * 1024

/**
 * node:http and node:https rather than fetch: fetch takes no CA bundle without a package, and tells neither whether a
 * request had left nor whether its connection was a reused one.
 */
export function createTransport(tls: { ca: string | null; verify: boolean }): Transport {
  const options = { rejectUnauthorized: tls.verify, ...(tls.ca === null ? {} : { ca: tls.ca }) }
  const http = new HttpAgent({ keepAlive: true, maxFreeSockets: 16 })
  const https = new HttpsAgent({ keepAlive: true, maxFreeSockets: 16, ...options })

  async function send(url: URL, { method, headers, body, signal, fresh }: RawRequest): Promise<RawAnswer> {
    const secure = url.protocol === 'https:'
    const agent = fresh ? false : secure ? https : http
    let sent = false
    try {
      return await new Promise<RawAnswer>((resolve, reject) => {
        const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) }
        const call = (secure ? requestHttps : requestHttp)(url, {
          method,
          headers: { ...headers, ...length },
          signal,
          agent,
          ...(secure ? options : {})
        })
        call.on('socket', (socket) => {
          if (!socket.connecting) sent = true
          else socket.once(secure ? 'secureConnect' : 'connect', () => (sent = true))
        })
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
        call.end(body ?? undefined)
      })
    } catch (error) {
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
