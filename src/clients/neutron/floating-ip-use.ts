import { fields, type Unsaid } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { RequestId } from '../openstack/send.ts'
import { getAll, getOne } from './calls.ts'
import { neutronExtensions } from './quotas.ts'

/** A floating IP with everything that says whether somebody uses it. */
export interface FloatingIpUse extends Unsaid {
  readonly id: string
  readonly address: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
  readonly portId: string | null
  readonly fixedAddress: string | null
  readonly routerId: string | null
  /** Ports of it that are forwarded one by one: then it is in use, though it is on no port. null: it is gone, or nobody knows. */
  readonly forwardings: number | null
  readonly description: string
  readonly tags: readonly string[]
  /** Set where Neutron's own DNS integration names it. */
  readonly dnsName: string | null
  /** RFC 3339; null: Neutron does not say. */
  readonly createdAt: string | null
  /** RFC 3339, of its last change of any kind; null: Neutron does not say. */
  readonly updatedAt: string | null
  /** Grows with each change; null: Neutron does not say. */
  readonly revision: number | null
}

/** Reads floating IPs for whether they are in use, and gives back what is not. */
export interface FloatingIpUses {
  /** null only when Neutron itself says that this floating IP does not exist (or is another project's). */
  getFloatingIpUse(id: string, call?: CallOptions): Promise<FloatingIpUse | null>
  /** Those of one project; complete or an error. */
  listFloatingIpUses(
    projectId: string,
    options?: CallOptions & { readonly pageSize?: number }
  ): Promise<FloatingIpUse[]>
  /**
   * Deletes a floating IP as it was at this revision: its address goes back to the pool, and nobody gets the same one again for
   * certain. Where it has changed since, Neutron itself refuses with 412: nobody can put it on a port in between.
   */
  releaseFloatingIp(id: string, revision: number, call: CallOptions): Promise<RequestId>
}

export function floatingIpUses(cloud: Cloud): FloatingIpUses {
  let known: Promise<ReadonlySet<string>> | null = null
  /** They change only with Neutron's configuration; a failure is asked again. */
  function extensions(call: CallOptions): Promise<ReadonlySet<string>> {
    known ??= neutronExtensions(cloud, call)
    known.catch(() => (known = null))
    return known
  }

  /** Neutron shows forwardings with the floating IP only where an extension does; else it is asked, for what is on no port. */
  async function withForwardings(one: FloatingIpUse, call: CallOptions): Promise<FloatingIpUse> {
    if (one.forwardings !== null) return one
    if (one.portId !== null || !(await extensions(call)).has('floating-ip-port-forwarding'))
      return { ...one, forwardings: 0 }
    const path = `/floatingips/${encodeURIComponent(one.id)}/port_forwardings`
    try {
      const all = await getAll(cloud, path, 'port_forwardings', readId, {}, call)
      return { ...one, forwardings: all.length }
    } catch (error) {
      // Gone meanwhile: whoever reads it again is told so.
      if (error instanceof OpenStackError && error.status === 404 && error.code === 'FloatingIPNotFound') return one
      throw error
    }
  }

  return {
    getFloatingIpUse: async (id, call = {}) => {
      const form = { key: 'floatingip', gone: 'FloatingIPNotFound', read: readUse }
      const found = await getOne(cloud, '/floatingips', id, form, call)
      return found === null ? null : withForwardings(found, call)
    },
    listFloatingIpUses: async (projectId, options = {}) => {
      const { pageSize: _, ...call } = options
      const found = await getAll(cloud, '/floatingips', 'floatingips', readUse, { project_id: projectId }, options)
      const all: FloatingIpUse[] = []
      for (const one of found) all.push(await withForwardings(one, call))
      return all
    },
    releaseFloatingIp: async (id, revision, call) => {
      const headers = { 'if-match': `revision_number=${revision}` }
      const path = `/floatingips/${encodeURIComponent(id)}`
      return (await cloud.request('network', 'DELETE', path, { ...call, headers })).requestId
    }
  }
}

const readId = (answer: ServiceAnswer, raw: unknown, where: string) => ({ id: fields(answer, raw, where).text('id') })

function readUse(answer: ServiceAnswer, raw: unknown, where: string): FloatingIpUse {
  const one = fields(answer, raw, where)
  const forwardings = one.value('port_forwardings')
  const tags = one.value('tags')
  const known = {
    id: one.text('id'),
    address: one.text('floating_ip_address'),
    projectId: one.said('project_id', 'tenant_id'),
    portId: one.saidOrNone('port_id'),
    fixedAddress: one.saidOrNone('fixed_ip_address'),
    routerId: one.saidOrNone('router_id'),
    forwardings: Array.isArray(forwardings) ? forwardings.length : null,
    description: one.textOrNull('description') ?? '',
    // Of an extension that a cloud may not have.
    tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
    dnsName: one.textOrNull('dns_name'),
    createdAt: one.textOrNull('created_at'),
    updatedAt: one.textOrNull('updated_at'),
    revision: one.numberOrNull('revision_number')
  }
  return { ...known, ...one.told() }
}
