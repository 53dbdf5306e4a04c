import { setTimeout as sleep } from 'node:timers/promises'
import { breachName as prefix } from '../clean.ts'
import { admin, dev, infra, type Stage } from '../stage.ts'
import type { User } from '../user.ts'
import { type Breach, exists, type Ready } from './breach.ts'

export async function newVolume(of: User, volume_type: string): Promise<string> {
  const volume = { size: 1, name: `${prefix}volume`, volume_type }
  const path = `/${await of.projectId()}/volumes`
  const { id } = (await of.call('volume', 'POST', path, { volume })).volume
  while ((await of.call('volume', 'GET', `${path}/${id}`)).volume.status === 'creating') await sleep(50)
  return id
}

/** Made, it is as it is: told, and for its owners to change. */
const volume = (rule: string, of: User, type: string, cannot = async () => ''): Breach => ({
  rule,
  by: 'event',
  closes: false,
  async ready() {
    const why = await cannot()
    if (why !== '') return why
    let id = ''
    return {
      breaks: async () => {
        id = await newVolume(of, type)
      },
      resource: () => id,
      closing: () => '',
      isOpen: async () => exists(admin.call('volume', 'GET', `/volumes/${id}`))
    }
  }
})

/** Offered by dev, accepted by infra. */
const transferred: Breach = {
  rule: 'volume-transferred',
  by: 'event',
  async ready({ projects }) {
    const id = await newVolume(dev, 'standard')
    return {
      async breaks() {
        const offer = { transfer: { volume_id: id, name: `${prefix}offer` } }
        const { transfer } = await dev.call('volume', 'POST', `/${projects.dev}/os-volume-transfer`, offer)
        const accept = { accept: { auth_key: transfer.auth_key } }
        await infra.call('volume', 'POST', `/${projects.infra}/os-volume-transfer/${transfer.id}/accept`, accept)
      },
      resource: () => id,
      closing: () => `POST /v3/${projects.infra}/os-volume-transfer`,
      isOpen: async () =>
        (await admin.call('volume', 'GET', `/volumes/${id}`)).volume['os-vol-tenant-attr:tenant_id'] === projects.infra
    }
  }
}

/** What an administrator does with a volume type. */
const type = (
  rule: string,
  change: (stage: Stage) => Promise<Pick<Ready, 'breaks' | 'isOpen'> & { id: string }>,
  more: Partial<Breach> = {}
): Breach => ({
  rule,
  by: 'event',
  ...more,
  async ready(stage) {
    const { id, breaks, isOpen } = await change(stage)
    const closing = () => `POST /v3/${adminProject}/types/${id}/action`
    const adminProject = await admin.projectId()
    return { breaks, isOpen, closing, resource: () => id }
  }
})

const image = async (): Promise<string> =>
  (
    await dev.call('image', 'POST', '/images', {
      ...{ name: `${prefix}own`, disk_format: 'raw', container_format: 'bare', visibility: 'shared' }
    })
  ).id

const imageShared: Breach = {
  rule: 'image-shared',
  by: 'event',
  async ready({ projects }) {
    const id = await image()
    return {
      breaks: () => dev.call('image', 'POST', `/images/${id}/members`, { member: projects.prod }),
      resource: () => id,
      closing: () => `DELETE /v2/images/${id}/members/${projects.prod}`,
      isOpen: async () => (await admin.list('image', `/images/${id}/members`, 'members')).length > 0
    }
  }
}

const imageVisible: Breach = {
  rule: 'image-visible',
  by: 'event',
  async ready() {
    const id = await image()
    return {
      breaks: () =>
        dev.call('image', 'PATCH', `/images/${id}`, [{ op: 'replace', path: '/visibility', value: 'community' }]),
      resource: () => id,
      closing: () => `PATCH /v2/images/${id}`,
      isOpen: async () => (await admin.call('image', 'GET', `/images/${id}`)).visibility === 'community'
    }
  }
}

export const storing: readonly Breach[] = [
  transferred,
  volume('volume-type-foreign', dev, `${prefix}other`),
  volume('volume-unencrypted', infra, 'standard'),
  volume('volume-multiattach', dev, `${prefix}multi`, async () => {
    const pools = await admin.list('volume', '/scheduler-stats/get_pools?detail=true', 'pools')
    const some = pools.some((pool) => pool.capabilities.multiattach === true)
    return some ? '' : 'no pool of Cinder has multiattach: `bash lab/ctl.sh restart cinder-volume` brings it'
  }),
  type('volume-type-access', async ({ projects, types }) => ({
    id: types.open,
    breaks: () =>
      admin.call('volume', 'POST', `/types/${types.open}/action`, { addProjectAccess: { project: projects.prod } }),
    isOpen: async () =>
      (await admin.list('volume', `/types/${types.open}/os-volume-type-access`, 'volume_type_access')).some(
        (one) => one.project_id === projects.prod
      )
  })),
  type(
    'volume-type-public',
    async ({ types: { own: id } }) => ({
      id,
      breaks: () => admin.call('volume', 'PUT', `/types/${id}`, { volume_type: { is_public: true } }),
      isOpen: async () => (await admin.call('volume', 'GET', `/types/${id}`)).volume_type.is_public
    }),
    { closes: false }
  ),
  // Cinder tells when a type's encryption is made and changed, and not when it goes.
  type(
    'volume-type-unencrypted',
    async ({ types: { luks } }) => {
      const { encryption_id } = await admin.call('volume', 'GET', `/types/${luks}/encryption`)
      return {
        id: luks,
        breaks: () => admin.call('volume', 'DELETE', `/types/${luks}/encryption/${encryption_id}`),
        isOpen: async () => !(await admin.call('volume', 'GET', `/types/${luks}/encryption`)).encryption_id
      }
    },
    { closes: false, by: 'sweep' }
  ),
  imageShared,
  imageVisible
]
