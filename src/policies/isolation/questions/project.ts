import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { ServiceType } from '../../../clients/openstack/catalogue.ts'
import { type QuotaService, quotaServices } from '../../../core/quota.ts'
import type { ReadOne } from './reading.ts'
import type { ProjectSubject } from './subjects.ts'

const services: Readonly<Record<QuotaService, ServiceType>> = {
  nova: 'compute',
  cinder: 'block-storage',
  neutron: 'network',
  octavia: 'load-balancer'
}

/** Builds the subject of a project with its limits in every service that the cloud has. */
export async function projectSubject(
  project: { readonly id: string; readonly name: string },
  clients: IsolationClients
): Promise<ProjectSubject> {
  const parts = await Promise.all(
    quotaServices.map(
      async (service): ReturnType<typeof clients.quotas.read> =>
        (await clients.has(services[service])) ? clients.quotas.read(service, project.id) : {}
    )
  )
  const limits = Object.fromEntries(
    parts.flatMap((cells) => Object.entries(cells).map(([name, { limit }]) => [name, limit]))
  )
  return { kind: 'project', id: project.id, name: project.name, projectId: project.id, limits }
}

/** Reads one project with its quotas; null where it is gone. */
export const readProject: ReadOne = async (id, { clients }) => {
  const project = await clients.identity.getProject(id)
  return project === null ? null : projectSubject(project, clients)
}
