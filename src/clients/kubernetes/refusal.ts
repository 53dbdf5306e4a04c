import { KubernetesError, type KubernetesErrorFacts } from './error.ts'

/** The Status object of an API server as the error of the call. */
export function readRefusal(
  facts: KubernetesErrorFacts & { readonly status: number },
  headers: Readonly<Record<string, string>>,
  body: unknown
): KubernetesError {
  const { status } = facts
  const { kind, reason, message, details } = (body ?? {}) as Partial<Status>
  const ours = kind === 'Status'
  const code = ours && reason ? reason : `http_${status}`
  const said = ours && message ? message : 'no reason given'
  const retryable = status === 429 || status === 408 || status >= 500
  const seconds = Number(headers['retry-after'] ?? details?.retryAfterSeconds)
  const retryAfterMs = retryable && Number.isFinite(seconds) ? seconds * 1000 : null
  const all = { ...facts, code, retryable, retryAfterMs }
  if (status === 401)
    return new KubernetesError(
      'the API server does not know us: is the token or the certificate in the kubeconfig still valid?',
      all
    )
  if (status === 403) return new KubernetesError(missingPermission(said) ?? said, all)
  return new KubernetesError(said, all)
}

interface Status {
  readonly kind: string
  readonly reason: string
  readonly message: string
  readonly details?: { readonly retryAfterSeconds?: number }
}

/** RBAC's refusal, with what to grant; null where an admission plug-in or a quota refused. */
function missingPermission(said: string): string | null {
  const match =
    /User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?/.exec(said)
  if (match === null) return null
  const [, user = '', verb, resource, group, namespace] = match
  const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`
  const who = user.startsWith('system:serviceaccount:') ? 'the service account' : 'the user'
  return `${user} may not ${verb} ${resource} ${where}: give ${who} verb ${verb} on ${group ? `${group}/` : ''}${resource}`
}
