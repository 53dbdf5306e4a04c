/** Names a resource as lanes and journal do: `<kind>/<project id>/<id>`, e.g. `server/1b6a…/9c0e…`. */
export function resourceId(
  kind: 'server' | 'floatingip' | 'loadbalancer' | 'volume',
  project: string,
  id: string
): string {
  return `${kind}/${project}/${id}`
}
