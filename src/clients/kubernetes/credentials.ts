import { readCredentialFile } from './credential-file.ts'
import type { ExecPlugin } from './exec-settings.ts'
import type { Access } from './kubeconfig.ts'
import { execInfo, type PluginCredential, readCredential } from './plugin-credential.ts'
import { pluginEnvironment, type Withheld } from './plugin-environment.ts'
import { PluginFailed, runPlugin } from './run-plugin.ts'

/** The credential of one call: bearer token, client certificate or basic auth. */
export interface SignIn {
  readonly authorization: string | null
  readonly certificate: Access['certificate']
}

/** The credentials of one API server, kept from call to call. */
export interface Credentials {
  /** Waits for a file or a plug-in no longer than the signal says. */
  of(access: Access, signal: AbortSignal): Promise<SignIn>
  /** The API server refused what it got: read, or made, anew by the next call. */
  drop(): void
  /** Kills a plug-in that runs. */
  close(): void
}

// As client-go: half of the time that a kubelet leaves between a new token and the end of the old one.
const TOKEN_FILE_MS = 60_000
const TOKEN_LEEWAY_MS = 10_000

/** `pluginMs`: a plug-in that takes longer is killed. */
export function createCredentials(pluginMs: number, withheld: Withheld): Credentials {
  let file: { readonly path: string; readonly token: string; readonly readAt: number } | null = null
  let made: { readonly key: string; readonly credential: PluginCredential } | null = null
  let flight: Flight | null = null

  interface Flight {
    readonly key: string
    readonly credential: Promise<PluginCredential>
    readonly stop: AbortController
    waiting: number
  }

  async function fromFile(path: string, fallback: string | null, signal: AbortSignal): Promise<string> {
    if (file?.path === path && performance.now() - file.readAt < TOKEN_FILE_MS - TOKEN_LEEWAY_MS) return file.token
    const known = file?.path === path ? file.token : fallback
    try {
      const token = (await readCredentialFile(path, signal)).trim()
      if (token === '') throw new Error('is empty')
      file = { path, token, readAt: performance.now() }
      return token
    } catch (error) {
      signal.throwIfAborted()
      // One that was there and is deleted was taken away.
      const deleted = file?.path === path && (error as Error).message.endsWith('ENOENT')
      if (deleted) file = null
      else if (known !== null) return known
      throw new PluginFailed(`tokenFile ${path} ${(error as Error).message}`)
    }
  }

  async function fromPlugin(plugin: ExecPlugin, signal: AbortSignal): Promise<PluginCredential> {
    signal.throwIfAborted()
    const key = JSON.stringify(plugin)
    if (made?.key === key && (made.credential.expiresAt ?? Number.POSITIVE_INFINITY) > Date.now())
      return made.credential
    if (flight?.key !== key) flight = start(plugin, key)
    const mine = flight
    const { promise: late, reject } = Promise.withResolvers<never>()
    const giveUp = () => {
      reject(signal.reason)
      // Nobody is left who waits for it.
      if (--mine.waiting === 0) mine.stop.abort(signal.reason)
    }
    mine.waiting++
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([mine.credential, late])
    } finally {
      signal.removeEventListener('abort', giveUp)
      if (!signal.aborted) mine.waiting--
    }
  }

  /** One run for all who wait: a login must not be asked for eight times. */
  function start(plugin: ExecPlugin, key: string): Flight {
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(pluginMs)])
    const credential = runPlugin(plugin, pluginEnvironment(process.env, withheld), execInfo(plugin), signal)
      .then((output) => {
        const credential = readCredential(plugin, output)
        made = { key, credential }
        return credential
      })
      .catch((error: Error) => {
        if (!signal.aborted) throw error
        throw new PluginFailed(
          `the credential plug-in ${plugin.command} had not ended after ${pluginMs} ms, and was killed with all that it had started: does it wait for somebody to sign in?`
        )
      })
      .finally(() => {
        if (flight === mine) flight = null
      })
    const mine: Flight = { key, credential, stop, waiting: 0 }
    credential.catch(() => {})
    return mine
  }

  return {
    async of({ token, tokenFile, basic, certificate, exec }, signal) {
      const bearer = tokenFile === null ? token : await fromFile(tokenFile, token, signal)
      if (bearer !== null) return { authorization: `Bearer ${bearer}`, certificate }
      if (basic !== null) {
        const pair = Buffer.from(`${basic.username}:${basic.password}`).toString('base64')
        return { authorization: `Basic ${pair}`, certificate }
      }
      if (exec === null) return { authorization: null, certificate }
      const plugged = await fromPlugin(exec, signal)
      const authorization = plugged.token === null ? null : `Bearer ${plugged.token}`
      return { authorization, certificate: plugged.certificate }
    },
    drop() {
      file = null
      made = null
    },
    close() {
      flight?.stop.abort(new Error('closed'))
    }
  }
}
