import type { KubeConfig, RequestContext } from '@kubernetes/client-node'
import { KubernetesError, type KubernetesErrorFacts } from './error.ts'
import { type KubernetesSource, loadKubeconfig } from './kubeconfig.ts'
import { readRefusal } from './refusal.ts'

/** One answer of an API server. */
export interface KubernetesAnswer {
  readonly body: unknown
  /** The API server's id of this call, as in its audit log. */
  readonly requestId: string | null
}

/** What a call may say beside its method and path. */
export interface CallOptions {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentType?: string
  readonly timeoutMs?: number
}

/** Calls to one API server; every failure is a KubernetesError. */
export interface KubernetesCalls {
  send(method: 'GET' | 'PATCH', path: string, options?: CallOptions): Promise<KubernetesAnswer>
  close(): void
}

type Library = typeof import('@kubernetes/client-node')
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>

interface Opened {
  readonly library: Library
  readonly config: KubeConfig
  dispatcher: Dispatcher | undefined
  dispatcherSince: number
}

// Certificates that a credential plug-in made anew are used after so long.
const DISPATCHER_LIFE_MS = 300_000

/** Nothing is read, loaded or sent before the first call. */
export function createCalls(cluster: string, source: KubernetesSource, timeoutMs: number): KubernetesCalls {
  let opening: Promise<Opened> | null = null

  function open(facts: KubernetesErrorFacts): Promise<Opened> {
    opening ??= (async () => {
      // 370 ms and 60 MB: only for who has a Kubernetes.
      const library = await import('@kubernetes/client-node')
      try {
        const config = loadKubeconfig(source, library)
        return { library, config, dispatcher: undefined, dispatcherSince: 0 }
      } catch (error) {
        throw new KubernetesError((error as Error).message, { ...facts, code: 'kubeconfig', retryable: false })
      }
    })()
    // A kubeconfig that is mended is read by the next call.
    opening.catch(() => (opening = null))
    return opening
  }

  function forget(): void {
    const was = opening
    opening = null
    was
      ?.then((one) => {
        // Calls that are under way on it end first; those still being prepared take their own.
        one.dispatcher?.close().catch(() => {})
        one.dispatcher = undefined
      })
      .catch(() => {})
  }

  async function attempt(method: 'GET' | 'PATCH', path: string, options: CallOptions, signal: AbortSignal) {
    const facts: KubernetesErrorFacts = { cluster, method, path, code: 'network', retryable: true }
    const opened = await open(facts)
    const { library, config } = opened
    const url = new URL(`${config.getCurrentCluster()!.server.replace(/\/+$/, '')}${path}`)
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, value)
    const request = new library.RequestContext(url.toString(), method)
    request.setHeaderParam('Accept', 'application/json')
    request.setHeaderParam('User-Agent', 'stackreflex')
    if (options.body !== undefined) {
      request.setHeaderParam('Content-Type', options.contentType ?? 'application/json')
      request.setBody(JSON.stringify(options.body))
    }
    try {
      await config.applySecurityAuthentication(request)
    } catch (error) {
      const said = (error as Error).message || 'no reason given'
      throw new KubernetesError(
        `no credentials came of the kubeconfig: ${said}`,
        { ...facts, code: 'credentials' },
        error
      )
    }
    keepConnections(opened, request)
    const changing = method !== 'GET'
    request.setSignal(signal)
    try {
      const answer = await new library.IsomorphicFetchHttpLibrary().send(request).toPromise()
      return { facts, status: answer.httpStatusCode, headers: answer.headers, text: await answer.body.text() }
    } catch (error) {
      const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException }
      if (name === 'TimeoutError')
        throw new KubernetesError(`no answer within ${options.timeoutMs ?? timeoutMs} ms`, {
          ...facts,
          code: 'timeout',
          unknownOutcome: changing
        })
      const code = cause?.code ?? ''
      const refused = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EHOSTUNREACH'
      const said =
        code === 'ECONNREFUSED' ? `${url.host} refuses connections: is the API server up?` : cause?.message || message
      throw new KubernetesError(said, { ...facts, unknownOutcome: changing && !refused }, error)
    }
  }

  return {
    async send(method, path, options = {}) {
      // For both attempts: a caller's claim does not last longer because of a 401.
      const signal = AbortSignal.timeout(options.timeoutMs ?? timeoutMs)
      let got = await attempt(method, path, options, signal)
      if (got.status === 401) {
        // Nothing was performed. A kubeconfig or a token may have been replaced since it was read.
        forget()
        got = await attempt(method, path, options, signal)
      }
      const { facts, status, headers, text } = got
      const requestId = headers['audit-id'] ?? null
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
    close: forget
  }
}

/** The library makes connections of their own for every call; one kept agent serves all. */
function keepConnections(opened: Opened, request: RequestContext): void {
  if (Date.now() - opened.dispatcherSince > DISPATCHER_LIFE_MS) {
    opened.dispatcher?.close().catch(() => {})
    opened.dispatcher = request.getDispatcher()
    opened.dispatcherSince = Date.now()
  }
  if (opened.dispatcher !== undefined) request.setDispatcher(opened.dispatcher)
}
