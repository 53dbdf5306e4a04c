import type { BreakerState } from '../http/breaker.ts'
import type { Look } from '../http/time-limit.ts'
import type { Method, ServiceAnswer } from './answers.ts'
import type { Endpoint, ServiceType } from './catalogue.ts'
import type { CloudEntry } from './cloud-entry.ts'
import type { Scope } from './session.ts'

/** One cloud, as one user in one project: authenticated calls to its services. */
export interface Cloud {
  readonly name: string
  readonly entry: CloudEntry
  /** Performs one call; throws OpenStackError for everything but a 2xx answer. `path` starts after the API version. */
  request(service: ServiceType, method: Method, path: string, options?: RequestOptions): Promise<ServiceAnswer>
  /** The region that this entry works in; authenticates where neither entry nor earlier calls say it, and rejects where several could be meant. */
  region(options?: CallOptions): Promise<string | null>
  /** Id of the project that the token is scoped to. */
  projectId(options?: CallOptions): Promise<string>
  /** Name of that project. */
  projectName(options?: CallOptions): Promise<string>
  /** Names of the roles that the token carries. */
  roles(options?: CallOptions): Promise<readonly string[]>
  /** What Keystone's catalogue offers to this entry. */
  catalogue(options?: CallOptions): Promise<readonly Endpoint[]>
  /** How far Keystone's clock is ahead of ours, in milliseconds, as of its last token; negative: behind. */
  clockAheadMs(options?: CallOptions): Promise<number>
  /** The same as of now, asked without signing in; null: what answers there does not say what time it is. */
  clockNow(options?: CallOptions): Promise<number | null>
  /** Counts the current work among those that this cloud keeps busy; every call does so by itself. */
  enter(): void
  /** One for each service that was called so far, Keystone's among them. */
  breakers(): readonly BreakerState[]
  /** Closes kept connections; calls under way end with an error. */
  close(): void
}

/** What a caller may say about any call. */
export interface CallOptions {
  /** `req-<uuid>`, sent as X-Openstack-Request-Id; comes back as `_context_global_request_id` of what the call causes. */
  readonly requestId?: string | undefined
  /** For the whole call, with waiting for a slot, authentication and retries, in milliseconds; default 30,000. With `before`: until it looks. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /**
   * Looks at each changing request (reading ones pass) when it has its slot, its token and its connection, and nothing is left
   * but to send it; at one that is sent again once more. What it throws the call throws, and nothing was sent.
   */
  readonly before?: Look | undefined
}

/** Query values; a list repeats its key, undefined is left out. */
export type QueryValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** One call: what is asked, with which body, headers and microversion. */
export interface RequestOptions extends CallOptions {
  readonly query?: QueryValues
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** e.g. `2.69`; without it the service's oldest. */
  readonly microversion?: string
  /** `system`: with a token for the whole system, for what Keystone shows to nobody else; only a password gets one. */
  readonly scope?: Scope
}
