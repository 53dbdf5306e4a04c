import { type ServiceName, serviceNames, type Tree } from './wire.ts'

/** Something that goes wrong with the next calls that match. */
export interface Fault {
  readonly service: ServiceName
  readonly method?: string
  /** Part of the path with its query, or an expression for it; the path starts after the service's prefix. */
  readonly path?: string | RegExp
  /** How many calls it meets; default 1, Infinity for all. */
  readonly times?: number
  /** So many matching calls go through first. */
  readonly skip?: number
  /** Answers with this status and the service's own error body. */
  readonly status?: number
  /** No answer for so many milliseconds, then (without another effect) the real one. */
  readonly hangMs?: number
  /** The same until this is done, for tests that wait for nothing else; not to be had over HTTP. */
  readonly until?: Promise<unknown>
  /** The connection is cut. */
  readonly reset?: boolean
  /** A proxy's page instead of JSON, with `status` or 502. */
  readonly html?: boolean
  /** The JSON answer ends in the middle. */
  readonly truncate?: boolean
  /** Retry-After in seconds, as a number or an HTTP date. */
  readonly retryAfter?: number | string
  /** `after`: the call is performed, then its answer is lost; default `before`. */
  readonly when?: 'before' | 'after'
}

export interface Faults {
  add(fault: Fault): void
  clear(): void
  /** Those that are still to come. */
  readonly pending: readonly Fault[]
}

/** Faults in the order in which they were added; the first that matches a call meets it. */
export function createFaults(): Faults & { take(service: string, method: string, path: string): Fault | null } {
  const queue: { fault: Fault; times: number; skip: number }[] = []
  return {
    add: (fault) => void queue.push({ fault, times: fault.times ?? 1, skip: fault.skip ?? 0 }),
    clear: () => void queue.splice(0),
    get pending() {
      return queue.map(({ fault }) => fault)
    },
    take: (service, method, path) => {
      for (const [index, entry] of queue.entries()) {
        const { fault } = entry
        if (fault.service !== service || (fault.method && fault.method !== method)) continue
        if (typeof fault.path === 'string' && !path.includes(fault.path)) continue
        if (fault.path instanceof RegExp && !fault.path.test(path)) continue
        if (entry.skip > 0) {
          entry.skip -= 1
          continue
        }
        entry.times -= 1
        if (entry.times <= 0) queue.splice(index, 1)
        return fault
      }
      return null
    }
  }
}

/** A fault that came as JSON (`POST /_sim/faults`); `path` is an expression there. Throws a sentence. */
export function readFault(body: Tree): Fault {
  if (!serviceNames.some((name) => name === body.service))
    throw new Error(`service is ${JSON.stringify(body.service)}; allowed: ${serviceNames.join(', ')}`)
  const known = [
    'service',
    'method',
    'path',
    'times',
    'skip',
    'status',
    'hangMs',
    'reset',
    'html',
    'truncate',
    'retryAfter',
    'when'
  ]
  const unknown = Object.keys(body).filter((key) => !known.includes(key))
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')} is not known; allowed: ${known.join(', ')}`)
  return { ...body, ...(typeof body.path === 'string' ? { path: new RegExp(body.path) } : {}) } as unknown as Fault
}
