import type { ExecPlugin } from './exec-settings.ts'
import { isPair } from './kubeconfig.ts'
import { isTree } from './kubeconfig-keys.ts'
import { PluginFailed } from './run-plugin.ts'

/** What a plug-in gave us to sign in with. */
export interface PluginCredential {
  readonly token: string | null
  readonly certificate: { readonly cert: string; readonly key: string } | null
  /** ms since the epoch; null: until the API server refuses it. */
  readonly expiresAt: number | null
}

/** What a plug-in is told (KUBERNETES_EXEC_INFO). */
export function execInfo({ apiVersion, cluster }: ExecPlugin): string {
  const spec = { ...(cluster === null ? {} : { cluster }), interactive: false }
  return JSON.stringify({ kind: 'ExecCredential', apiVersion, spec })
}

/** Reads an ExecCredential; throws a sentence that quotes nothing of it. */
export function readCredential({ apiVersion, command }: ExecPlugin, output: string): PluginCredential {
  const no = (what: string) => new PluginFailed(`the credential plug-in ${command} ${what}`)
  let body: unknown
  try {
    body = JSON.parse(output)
  } catch {
    throw no('wrote something else than an ExecCredential in JSON')
  }
  if (!isTree(body) || body.kind !== 'ExecCredential') throw no('wrote something else than an ExecCredential')
  if (body.apiVersion !== apiVersion)
    throw no(`wrote another version than ${apiVersion}, which its kubeconfig asks for`)
  if (!isTree(body.status)) throw no('wrote no status')
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp: until } = body.status
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  if (text(token) === null && text(cert) === null && text(key) === null)
    throw no('gave neither a token nor a certificate')
  if ((text(cert) === null) !== (text(key) === null)) throw no('gave only one of certificate and key')
  const pair = text(cert) === null ? null : { cert: text(cert)!, key: text(key)! }
  if (pair !== null && !isPair(pair)) throw no('gave a certificate and a key that do not make a pair')
  const expiresAt = until === undefined || until === null ? null : Date.parse(String(until))
  if (Number.isNaN(expiresAt)) throw no('gave an expirationTimestamp that is no time')
  return { token: text(token), certificate: pair, expiresAt }
}
