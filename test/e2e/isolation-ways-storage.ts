import type { Way } from './isolation-hands.ts'

const offered = async (hands: Parameters<Way['make']>[0], id: string) => {
  const { devUser, prodUser, call } = hands
  const offer = { transfer: { volume_id: id, name: 'here you are' } }
  const { transfer } = await call(devUser, 'block-storage', 'POST', '/os-volume-transfer', offer)
  const accept = { accept: { auth_key: transfer.auth_key } }
  await call(prodUser, 'block-storage', 'POST', `/os-volume-transfer/${transfer.id}/accept`, accept)
}

/** How the rules of storage are broken. */
export const storageWays: readonly Way[] = [
  {
    rule: 'volume-transferred',
    async make(hands) {
      const { state, devUser, volume, project } = hands
      const id = await volume(devUser, 'standard')
      await offered(hands, id)
      const open = () => state.volumes.get(id)!.projectId === project('prod')
      return { lane: `volume:${id}`, from: 'dev', to: 'prod', open }
    }
  },
  {
    rule: 'volume-type-foreign',
    told: true,
    async make({ state, admin, prodUser, volume, named, project, call }) {
      const type = named(state.volumeTypes, 'dev-disk').id
      const addProjectAccess = { project: project('prod') }
      await call(admin, 'block-storage', 'POST', `/types/${type}/action`, { addProjectAccess })
      // A quota of its own keeps others' types out, until somebody raises it.
      const quota_set = { 'gigabytes_dev-disk': 10 }
      await call(admin, 'block-storage', 'PUT', `/os-quota-sets/${project('prod')}`, { quota_set })
      const id = await volume(prodUser, 'dev-disk')
      return { lane: `volume:${id}`, from: 'dev', to: 'prod', open: () => state.volumes.get(id)!.typeId === type }
    }
  },
  {
    rule: 'volume-unencrypted',
    apart: { dev: { encrypted: true } },
    told: true,
    async make({ state, devUser, volume }) {
      const id = await volume(devUser, 'standard')
      return { lane: `volume:${id}`, from: 'dev', to: 'dev', open: () => state.volumes.has(id) }
    }
  },
  {
    rule: 'volume-multiattach',
    told: true,
    async make({ state, admin, devUser, make, volume }) {
      const extra_specs = { multiattach: '<is> True' }
      await make(admin, 'block-storage', '/types', 'volume_type', { name: 'for-many', extra_specs })
      const id = await volume(devUser, 'for-many')
      return { lane: `volume:${id}`, from: 'dev', to: 'dev', open: () => state.volumes.has(id) }
    }
  },
  {
    rule: 'volume-type-access',
    async make({ state, admin, named, project, call }) {
      const { id, projects } = named(state.volumeTypes, 'dev-disk')
      const addProjectAccess = { project: project('infra') }
      await call(admin, 'block-storage', 'POST', `/types/${id}/action`, { addProjectAccess })
      return { lane: `volume-type:${id}`, from: 'dev', to: 'infra', open: () => projects.has(project('infra')) }
    }
  },
  {
    rule: 'volume-type-public',
    told: true,
    async make({ state, admin, named, put }) {
      const type = named(state.volumeTypes, 'infra-disk')
      await put(admin, 'block-storage', `/types/${type.id}`, { volume_type: { is_public: true } })
      return { lane: `volume-type:${type.id}`, from: 'infra', to: '*', open: () => type.public }
    }
  },
  {
    rule: 'volume-type-unencrypted',
    apart: { prod: { encrypted: true } },
    told: true,
    async make({ state, admin, named, put }) {
      // Its description changes, which is when it is looked at.
      const type = named(state.volumeTypes, 'prod-disk')
      await put(admin, 'block-storage', `/types/${type.id}`, { volume_type: { description: 'fast' } })
      return { lane: `volume-type:${type.id}`, from: 'prod', to: 'prod', open: () => type.encryptionId === undefined }
    }
  },
  {
    rule: 'image-shared',
    async make({ state, devUser, image, project, call }) {
      const id = await image(devUser, 'shared')
      await call(devUser, 'image', 'POST', `/images/${id}/members`, { member: project('prod') })
      const open = () => state.images.get(id)!.members.has(project('prod'))
      return { lane: `image:${id}`, from: 'dev', to: 'prod', open }
    }
  },
  {
    rule: 'image-visible',
    async make({ state, devUser, image }) {
      const id = await image(devUser, 'community')
      const open = () => state.images.get(id)!.visibility === 'community'
      return { lane: `image:${id}`, from: 'dev', to: '*', open }
    }
  }
]
