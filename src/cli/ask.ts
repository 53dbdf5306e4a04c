import { isLoopback } from '../base/loopback.ts'
import { plain } from '../base/plain.ts'
import { localProof, readLocalKey } from '../people/local-proof.ts'
import type { Context } from './command.ts'
import type { ShapeName } from './shapes.ts'

/** The server that REFLEX_URL names; null: the local journal is meant. */
export function serverOf({ env }: Pick<Context, 'env'>): string | null {
  const { REFLEX_URL } = env
  return REFLEX_URL === undefined || REFLEX_URL === '' ? null : REFLEX_URL
}

/** What a running product answered, and which installation it is (null: it does not say so to us). */
export type Asked<T> =
  | { readonly ok: true; readonly value: T; readonly installation: string | null }
  /** `refused`: it said no. Else nobody was reached who could be believed. */
  | { readonly ok: false; readonly refused: boolean }

type Asking = Pick<Context, 'env' | 'fetch' | 'err'>

/** A decision is waited for 10 s. */
const patienceMs = 30_000
/** What was not given is left out: a null is refused, as it could be meant for something. */
const withoutNulls = (_: string, value: unknown): unknown => value ?? undefined
/** On every answer of ours: the installation, or that it is not told to whoever asks. */
const header = 'x-stackreflex'

/**
 * What the server answered; after saying what is wrong where it is not to be believed. With a `body` it is a POST. Who
 * is no Stackreflex is sent neither a token nor a wish: it has to say first that it is one.
 */
export async function ask<T>(
  server: string,
  path: string,
  shape: ShapeName,
  context: Asking,
  body?: object
): Promise<Asked<T>> {
  const { env, err } = context
  const token = env.REFLEX_TOKEN ?? ''
  const url = URL.parse(path, server)
  const nobody = { ok: false, refused: false } as const
  const problem = url === null ? 'is not an address such as http://127.0.0.1:8080' : tokenProblem(url, token)
  if (url === null || problem !== null) {
    err(`REFLEX_URL ${plain(server)} ${problem}\n`)
    return nobody
  }
  const wrong = (what: string, sent: boolean): Asked<T> => {
    err(`${plain(server)} (REFLEX_URL) ${plain(what)}\n`)
    // What was sent may have been done: nobody knows.
    if (body !== undefined) err(sent ? `${unknown}\n` : 'nothing was asked for, and nothing happened\n')
    return nobody
  }
  const { stranger, keyPath } = await proof(server, context)
  if (stranger !== null) return wrong(stranger, false)
  // Where there are no tokens, a change wants a proof of who we are on this machine.
  const key =
    body === undefined || token !== '' || keyPath === null || !isLoopback(url.hostname) ? null : readLocalKey(keyPath)
  const authorization =
    token !== '' ? `Bearer ${token}` : key === null ? null : localProof(key, portOf(url), Date.now())
  let answer: Response
  let said: unknown
  try {
    answer = await context.fetch(url, {
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
    return wrong(`cannot be asked: ${causeOf(error)}`, true)
  }
  const installation = answer.headers.get(header)
  if (installation === null) return wrong(`${notOurs}: its answer has no header ${header}`, true)
  const { lacks, refusedWith } = await import('./shapes.ts')
  const refused = refusedWith(said)
  if (refused !== null) {
    err(`${plain(refused)}\n`)
    return { ok: false, refused: true }
  }
  const lacking = lacks(said, shape)
  if (lacking !== null)
    return wrong(
      `answers ${path.split('?', 1)[0]} in a way that this command does not understand (${lacking}): is it of another build?`,
      true
    )
  return { ok: true, value: said as T, installation: installation === 'unknown' ? null : installation }
}

const notOurs = 'is no Stackreflex'
const unknown = 'whether anything happened is not known: look with `reflex status` before you go on'

const proofs = new WeakMap<Asking, Promise<Proof>>()

/** `stranger`: why what answers there is not to be talked to; null: it is ours. `keyPath`: where its key says that it is. */
interface Proof {
  readonly stranger: string | null
  readonly keyPath: string | null
}

/** Asked once for each command and without the token. */
function proof(server: string, context: Asking): Promise<Proof> {
  const asked = proofs.get(context) ?? prove(server, context)
  proofs.set(context, asked)
  return asked
}

async function prove(server: string, { fetch }: Asking): Promise<Proof> {
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
