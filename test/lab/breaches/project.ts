import { breachName as prefix } from '../clean.ts'
import { limitsOf, setLimits } from '../quotas.ts'
import { admin, dev, infra, type Stage } from '../stage.ts'
import { type Breach, exists } from './breach.ts'

const flavorOf = async (name: string): Promise<string> =>
  (await dev.list('compute', '/flavors', 'flavors')).find((one) => one.name === name).id

/** dev's own user boots a server that dev may not have. Its event comes once it runs: the time counts from there. */
const server = (rule: string, how: (stage: Stage) => Promise<object>): Breach => ({
  rule,
  by: 'event',
  async ready(stage) {
    const [net] = await dev.list('network', '/networks?name=dev-net', 'networks')
    const [tiny] = await dev.list('image', '/images?name=tiny', 'images')
    const usual = { flavorRef: await flavorOf('m1.tiny'), imageRef: tiny.id, networks: [{ uuid: net.id }] }
    const wanted = { name: `${prefix}${rule}`, ...usual, ...(await how(stage)) }
    let id = ''
    return {
      breaks: async () => {
        id = (await dev.call('compute', 'POST', '/servers', { server: wanted })).server.id
        await dev.active(id)
      },
      resource: () => id,
      // Its port is cut off first; then it is locked and stopped.
      closing: async () => `PUT /v2.0/ports/${(await dev.ports(id))[0]!.id}`,
      isOpen: async () => {
        const { status, locked } = (await admin.call('compute', 'GET', `/servers/${id}`)).server
        const ports = await admin.list('network', `/ports?device_id=${id}`, 'ports')
        const groups = await admin.list('network', '/security-groups?name=stackreflex-quarantine', 'security_groups')
        const away = ports.every((port) =>
          port.security_groups.every((one: string) => groups.some((group) => group.id === one))
        )
        return !(status === 'SHUTOFF' && locked && away)
      }
    }
  }
})

const credential = (rule: string, more: object): Breach => ({
  rule,
  by: 'event',
  undo: false,
  async ready() {
    const path = `/users/${await dev.userId()}/application_credentials`
    let id = ''
    return {
      breaks: async () => {
        const application_credential = { name: `${prefix}${rule}`, ...more }
        id = (await dev.call('identity', 'POST', path, { application_credential })).application_credential.id
      },
      resource: () => id,
      closing: () => `DELETE /v3${path}/${id}`,
      isOpen: async () => exists(admin.call('identity', 'GET', `${path}/${id}`))
    }
  }
})

const trust: Breach = {
  rule: 'trust-impersonation',
  by: 'event',
  undo: false,
  async ready({ projects, people, roles }) {
    let id = ''
    const trustor_user_id = await dev.userId()
    const trust = { trustor_user_id, trustee_user_id: people.dan, project_id: projects.dev, impersonation: true }
    return {
      breaks: async () => {
        const body = { trust: { ...trust, roles: [{ id: roles.member }] } }
        id = (await dev.call('identity', 'POST', '/OS-TRUST/trusts', body)).trust.id
      },
      resource: () => id,
      closing: () => `DELETE /v3/OS-TRUST/trusts/${id}`,
      isOpen: async () => exists(admin.call('identity', 'GET', `/OS-TRUST/trusts/${id}`))
    }
  }
}

const quota: Breach = {
  rule: 'project-quota-unlimited',
  by: 'sweep',
  async ready({ projects }) {
    return {
      breaks: () => setLimits(infra, 'nova', { cores: -1 }),
      resource: () => projects.infra,
      closing: () => `PUT /v2.1/os-quota-sets/${projects.infra}`,
      isOpen: async () => (await limitsOf(infra, 'nova')).cores === -1
    }
  }
}

export const projecting: readonly Breach[] = [
  server('server-flavor', async () => ({ flavorRef: await flavorOf('m1.small') })),
  server('server-image', async ({ image }) => ({ imageRef: image })),
  server('server-key', async () => {
    const keypair = { name: `${prefix}key`, public_key: `ssh-ed25519 ${publicKey} nobody` }
    await dev.call('compute', 'POST', '/os-keypairs', { keypair })
    return { key_name: keypair.name }
  }),
  credential('application-credential-unrestricted', { unrestricted: true, expires_at: '2099-01-01T00:00:00.000000' }),
  credential('application-credential-no-expiry', {}),
  trust,
  quota
]

/** Nobody has the other half: 32 bytes of zeros. */
const publicKey = Buffer.concat([
  ...['ssh-ed25519', '\0'.repeat(32)].map((part) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    return Buffer.concat([length, Buffer.from(part)])
  })
]).toString('base64')
