/** What looks at a changing call right before it goes out, and gives the ms that it may take from then on; where it throws, nothing is sent. */
export type Look = () => Promise<number>

/** The look at a call threw its `cause`: nothing was sent, and no service has failed. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

/** The time that a call has: until it can be sent, and anew once it may be. */
export interface TimeLimit {
  /** Aborted with a TimeoutError when the time is over. */
  readonly signal: AbortSignal
  /** What runs now, in ms. */
  readonly ms: number
  /** Looks, and begins anew with what that gives; the look itself is no time of the service's. Throws NotSent. */
  anew(look: Look): Promise<void>
  /** Nobody waits any more. */
  end(): void
}

/** Makes a time-out that can begin anew, which `AbortSignal.timeout` cannot. */
export function timeLimit(first: number): TimeLimit {
  const over = new AbortController()
  let ms = first
  let timer: NodeJS.Timeout
  let ended = false
  const begin = () => {
    if (ended) return
    timer = setTimeout(() => over.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError')), ms).unref()
  }
  begin()
  return {
    signal: over.signal,
    get ms() {
      return ms
    },
    async anew(look) {
      clearTimeout(timer)
      try {
        ms = await look()
      } catch (cause) {
        throw new NotSent('what looks at each call right before it goes out said no', { cause })
      }
      begin()
    },
    end() {
      ended = true
      clearTimeout(timer)
    }
  }
}
