import { cleanText } from '../../../base/error-text.ts'
import type { KubernetesObject } from '../../../clients/kubernetes/kubernetes.ts'
import type { Handling } from './handling-state.ts'

interface ArgoStatus {
  readonly conditions?: readonly { readonly type?: string; readonly message?: string }[]
  readonly sync?: { readonly status?: string; readonly revision?: string; readonly revisions?: readonly string[] }
  readonly health?: { readonly status?: string }
  readonly operationState?: { readonly phase?: string; readonly message?: string }
}

/** Reads what Argo CD says of an application that it has compared. A refresh compares; only an automated one syncs as well. */
export function argoState({ status, spec }: KubernetesObject): Handling {
  const { conditions = [], sync, health, operationState } = status as ArgoStatus
  const error = conditions.find((one) => one.type?.endsWith('Error'))
  if (error !== undefined)
    return { state: 'failed', sentence: cleanText(`${error.type}: ${error.message ?? 'no reason given'}`) }
  const said = [sync?.status, health?.status].filter(Boolean).join(', ')
  if (sync?.status === 'Synced') return { state: 'done', sentence: said }
  if (sync?.status !== 'OutOfSync') return { state: 'waits', sentence: `its comparison came to ${said || 'nothing'}` }
  if (!isAutomated(spec)) return { state: 'done', sentence: `${said}: compared, and a refresh does not sync` }
  const { phase, message } = operationState ?? {}
  if (phase === 'Failed' || phase === 'Error')
    return { state: 'failed', sentence: cleanText(`${said}: the last sync ${phase}: ${message ?? 'no reason given'}`) }
  return { state: 'waits', sentence: `${said}: it syncs by itself, and has not yet` }
}

function isAutomated(spec: KubernetesObject['spec']): boolean {
  const policy = spec.syncPolicy as { automated?: { enabled?: boolean } | null } | undefined
  return policy?.automated != null && policy.automated.enabled !== false
}

/** Lists the commits that it was compared with, one for each of its sources. */
export function argoRevisions({ status }: KubernetesObject): readonly string[] {
  const { revision, revisions = [] } = (status as ArgoStatus).sync ?? {}
  return [revision, ...revisions].filter((one) => typeof one === 'string').filter((one) => one !== '')
}
