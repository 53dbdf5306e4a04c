import type { Designate, FloatingIpPtr } from '../../../clients/designate/designate.ts'
import type { Tools } from '../../shared/tools.ts'

/** Reads the PTR of a floating IP (null when the floating IP is gone), with the client of the project that owns it. */
export async function floatingIpPtr(
  resource: string,
  tools: Tools
): Promise<{ designate: Designate; id: string; ptr: FloatingIpPtr | null }> {
  const [, project = '', id = ''] = resource.split('/')
  const cluster = await tools.clusterOf(project)
  if (cluster === null) throw new Error(`project ${project} of ${resource} is none of the configured clusters'`)
  return { designate: cluster.designate, id, ptr: await cluster.designate.getFloatingIpPtr(id) }
}
