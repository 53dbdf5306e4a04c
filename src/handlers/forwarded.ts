import type { IncomingHttpHeaders } from 'node:http'
import { isLoopback } from '../base/loopback.ts'

/** The parts of a request that show how it came: its headers and HTTP version. */
export interface Came {
  readonly headers: IncomingHttpHeaders
  /** `1.1`, as Node tells it. */
  readonly httpVersion?: string
}

/** Parses the `Host` header: the name without its port, in lower case. */
export const nameOf = ({ host = '' }: IncomingHttpHeaders): string => host.replace(/:\d+$/, '').toLowerCase()

/** Headers that proxies, ingresses and meshes add, and that no browser or command of this machine sends. */
const added =
  /^(forwarded|via|client-ip|k-.+|knative-.+|x-forward.+|x-original-.+|x-envoy-.+|x-real-ip|x-remote-.+|x-host|.*-client-ip|.*-connecting-ip|.*-user-ip|x-proxy.+|proxy-.+)$/

/**
 * Tells whether a proxy passed a call on. What such a one says of the client is never believed, but that it is one is: it asks for a name
 * that is not this machine's, adds one of these headers, or speaks HTTP/1.0, as nginx does where nobody told it otherwise.
 */
export const isForwarded = ({ headers, httpVersion }: Came): boolean =>
  !isLoopback(nameOf(headers)) || httpVersion === '1.0' || Object.keys(headers).some((name) => added.test(name))
