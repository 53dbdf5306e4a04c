/** Parses the cluster out of a scope: actions on Kubernetes are budgeted per cluster, as `kubernetes/<cluster>`. */
export function clusterOf(scope: string): string {
  const [service, cluster, ...rest] = scope.split('/')
  if (service !== 'kubernetes' || !cluster || rest.length > 0)
    throw new Error(`'${scope}' is not the scope of an action on Kubernetes, which is kubernetes/<cluster>`)
  return cluster
}
