import { isLoopback } from '../../base/loopback.ts'
import { plain } from '../../base/plain.ts'
import { type Answer, no } from '../answer.ts'
import { localProof, readLocalKey } from '../local-proof.ts'
import type { ShapeName } from './shapes.ts'

/** Nobody was reached who could be believed; each line says what is wrong, or what that means for what was asked. */
export class Unreachable extends Error {
  readonly lines: readonly string[]
  constructor(...lines: readonly string[]) {
    super(lines.join('; '))
    this.lines = lines
  }
}

/** A running product, as it is asked. */
export interface ApiServer {
  /** Its answer, of this shape. With a `body` it is a POST. Throws `Unreachable`. */
  ask<T extends object>(path: string, shape: ShapeName, body?: object): Promise<Answer<T>>
  /** Which installation the last answer was of; null: it does not say so to us. */
  installation(): string | null
}

/** The server to ask (REFLEX_URL), and the bearer token to send (REFLEX_TOKEN). */
export interface ServerParts {
  /** As REFLEX_URL names it. */
  readonly server: string
  /** REFLEX_TOKEN; empty: none. */
  readonly token: string
  readonly fetch: typeof fetch
}

/** A decision is waited for 10 s. */
const patienceMs = 30_000
/** What was not given is left out: a null is refused, as it could be meant for something. */
const withoutNulls = (_: string, value: unknown): unknown => value ?? undefined
/** On every answer of ours: the installation, or that it is not told to whoever asks. */
const header = 'x-stackreflex'

/** Asks a server. Who is no Stackreflex is sent neither a token nor a wish: it has to say first that it is one. */
export function serverAt({ server, token, fetch }: ServerParts): ApiServer {
  let installation: string | null = null
  let proved: Promise<Proof> | null = null
  return {
    installation: () => installation,
    async ask<T extends object>(path: string, shape: ShapeName, body?: object): Promise<Answer<T>> {
      const url = URL.parse(path, server)
      const problem = url === null ? 'is not an address such as http://127.0.0.1:8080' : tokenProblem(url, token)
      if (url === null || problem !== null) throw new Unreachable(`REFLEX_URL ${plain(server)} ${problem}`)
      const wrong = (what: string, sent: boolean) => {
        // What was sent may have been done: nobody knows.
        const then = body === undefined ? [] : [sent ? unknown : 'nothing was asked for, and nothing happened']
        return new Unreachable(`${plain(server)} (REFLEX_URL) ${plain(what)}`, ...then)
      }
      // Asked once for each command and without the token.
      proved ??= prove(server, fetch)
      const { stranger, keyPath } = await proved
      if (stranger !== null) throw wrong(stranger, false)
      // Where there are no tokens, a change wants a proof of who we are on this machine.
      const key =
        body === undefined || token !== '' || keyPath === null || !isLoopback(url.hostname)
          ? null
          : readLocalKey(keyPath)
      const authorization =
        token !== '' ? `Bearer ${token}` : key === null ? null : localProof(key, portOf(url), Date.now())
      let answer: Response
      let said: unknown
      try {
        answer = await fetch(url, {
          // A token must not follow to another address.
          redirect: 'error',
          signal: AbortSignal.timeout(patienceMs),
          headers: {
            ...(authorization === null ? {} : { authorization }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' })
          },
          ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body, withoutNulls) })
        })
        said = await answer.json()
      } catch (error) {
        throw wrong(`cannot be asked: ${causeOf(error)}`, true)
      }
      const told = answer.headers.get(header)
      if (told === null) throw wrong(`${notOurs}: its answer has no header ${header}`, true)
      const { lacks, refusedWith } = await import('./shapes.ts')
      const refused = refusedWith(said)
      if (refused !== null) return no('refused', refused)
      const lacking = lacks(said, shape)
      if (lacking !== null)
        throw wrong(
          `answers ${path.split('?', 1)[0]} in a way that this command does not understand (${lacking}): is it of another build?`,
          true
        )
      installation ??= told === 'unknown' ? null : told
      return { ok: true, ...(said as T) }
    }
  }
}

const notOurs = 'is no Stackreflex'
const unknown = 'whether anything happened is not known: look with `reflex status` before you go on'

/** `stranger`: why what answers there is not to be talked to; null: it is ours. `keyPath`: where its key says that it is. */
interface Proof {
  readonly stranger: string | null
  readonly keyPath: string | null
}

async function prove(server: string, fetch: ServerParts['fetch']): Promise<Proof> {
  const no = (stranger: string): Proof => ({ stranger, keyPath: null })
  const path = '/healthz'
  try {
    const answer = await fetch(new URL(path, server), { redirect: 'error', signal: AbortSignal.timeout(patienceMs) })
    if (answer.headers.get(header) === null)
      return no(
        `${notOurs}: its answer to ${path} (${answer.status}) has no header ${header}; is it the right address?`
      )
    const { lacks } = await import('./shapes.ts')
    const said: unknown = await answer.json()
    const lacking = lacks(said, 'alive')
    if (lacking !== null) return no(`does not say that it is alive: ${lacking}`)
    return { stranger: null, keyPath: decoded(answer.headers.get('x-stackreflex-key')) }
  } catch (error) {
    return no(`cannot be asked: ${causeOf(error)}`)
  }
}

function decoded(path: string | null): string | null {
  try {
    return path === null ? null : decodeURI(path)
  } catch {
    return null
  }
}

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))

function causeOf(error: unknown): string {
  const { cause, message, name } = error as Error
  if (name === 'TimeoutError') return `no answer within ${patienceMs / 1000} s`
  return cause instanceof Error ? cause.message : message
}

/** Why the token is not sent there, or null. */
function tokenProblem({ protocol, hostname }: URL, token: string): string | null {
  if (protocol !== 'http:' && protocol !== 'https:') return 'is neither http:// nor https://'
  if (token === '' || protocol === 'https:' || isLoopback(hostname)) return null
  return 'would carry REFLEX_TOKEN over the network in clear text: use https://, a tunnel to 127.0.0.1, or unset REFLEX_TOKEN'
}
