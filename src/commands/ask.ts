import { isLoopback } from '../config/values.ts'
import { plain } from '../plain.ts'
import type { Context } from './command.ts'

/** The server that REFLEX_URL names; null: the local journal is meant. */
export function serverOf({ env }: Pick<Context, 'env'>): string | null {
  const { REFLEX_URL } = env
  return REFLEX_URL === undefined || REFLEX_URL === '' ? null : REFLEX_URL
}

/** What the server answered as JSON; null after saying what is wrong. With a `body` it is a POST. */
export async function ask<T>(
  server: string,
  path: string,
  { env, fetch, err }: Pick<Context, 'env' | 'fetch' | 'err'>,
  body?: object
): Promise<T | null> {
  const token = env.REFLEX_TOKEN ?? ''
  const url = URL.parse(path, server)
  const problem = url === null ? 'is not an address such as http://127.0.0.1:8080' : tokenProblem(url, token)
  if (url === null || problem !== null) {
    err(`REFLEX_URL ${plain(server)} ${problem}\n`)
    return null
  }
  try {
    const answer = await fetch(url, {
      // A token must not follow to another address.
      redirect: 'error',
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' })
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) })
    })
    const said = (await answer.json()) as T | { error: { code: string; message: string } }
    if (typeof said !== 'object' || said === null || !('error' in said)) return said as T
    err(`${plain(said.error.message)}\n`)
  } catch (error) {
    const { cause, message } = error as Error
    err(`${plain(server)} (REFLEX_URL) cannot be asked: ${plain(cause instanceof Error ? cause.message : message)}\n`)
  }
  return null
}

/** Why the token is not sent there, or null. */
function tokenProblem({ protocol, hostname }: URL, token: string): string | null {
  if (protocol !== 'http:' && protocol !== 'https:') return 'is neither http:// nor https://'
  if (token === '' || protocol === 'https:' || isLoopback(hostname)) return null
  return 'would carry REFLEX_TOKEN over the network in clear text: use https://, a tunnel to 127.0.0.1, or unset REFLEX_TOKEN'
}
