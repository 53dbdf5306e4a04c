import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'

/** The PTR of one floating IP as Designate's reverse API tells it; null fields when there is none. */
export interface FloatingIpPtrAnswer {
  readonly floatingIp: string
  readonly status: 'present' | 'gone' | 'unknown'
  readonly ptrdname: string | null
  readonly description: string | null
}

type Params = { readonly resource: string }

/** Answers `floating-ip-ptr`, as the project that owns the floating IP. */
async function load({ resource }: Params, tools: Tools): Promise<FloatingIpPtrAnswer> {
  const [, project = '', id = ''] = resource.split('/')
  const none = { floatingIp: id, ptrdname: null, description: null }
  const cluster = await tools.clusterOf(project)
  if (cluster === null) return { ...none, status: 'unknown' }
  const ptr = await cluster.designate.getFloatingIpPtr(id)
  if (ptr === null) return { ...none, status: 'gone' }
  return { floatingIp: id, status: 'present', ptrdname: ptr.ptrdname, description: ptr.description }
}

/** Defines the question: what PTR does this floating IP have? `resource` is `floatingip/<project>/<id>`. */
export const floatingIpPtrQuestion = defineQuestion('floating-ip-ptr', load)
