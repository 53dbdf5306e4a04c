import type { KubeConfig } from '@kubernetes/client-node'

/** Where a cluster's API server and our credentials are written: a kubeconfig file, or the pod that we run in. */
export type KubernetesSource =
  | { readonly kubeconfig: string; readonly context?: string | undefined }
  | { readonly inCluster: true }

type Library = typeof import('@kubernetes/client-node')

/** Reads it with the library, which knows tokens, certificates and credential plug-ins; throws a sentence. */
export function loadKubeconfig(source: KubernetesSource, library: Library): KubeConfig {
  const config = new library.KubeConfig()
  if ('inCluster' in source) {
    if (!process.env.KUBERNETES_SERVICE_HOST)
      throw new Error('inCluster is set, but this does not run in a pod: KUBERNETES_SERVICE_HOST is empty')
    config.loadFromCluster()
    return config
  }
  try {
    config.loadFromFile(source.kubeconfig)
  } catch (error) {
    // Without the library's words where they could quote the file, which holds secrets.
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`kubeconfig ${source.kubeconfig} cannot be read: ${code ?? 'it is not a kubeconfig'}`)
  }
  const names = config.getContexts().map((one) => one.name)
  const context = source.context ?? config.getCurrentContext()
  if (!context || !names.includes(context))
    throw new Error(
      `kubeconfig ${source.kubeconfig} has no context '${context ?? ''}'; contexts are: ${names.join(', ') || 'none'}`
    )
  config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster?.server.startsWith('http:') && !cluster.skipTLSVerify)
    throw new Error(
      `kubeconfig ${source.kubeconfig}: ${cluster.server} is without TLS; where that is meant, set insecure-skip-tls-verify`
    )
  if (!cluster?.server)
    throw new Error(`kubeconfig ${source.kubeconfig}: context '${context}' names a cluster that is not in it`)
  if (config.getCurrentUser() === null)
    throw new Error(`kubeconfig ${source.kubeconfig}: context '${context}' names a user that is not in it`)
  return config
}
