import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import t, { type Test } from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startGitlab } from '../../sim/gitlab/gitlab.ts'
import { startProduct } from './running.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

async function running(t: Test, tokens: string, more = '', before: (folder: string) => void = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-watched-'))
  const sim = await startSim({ seed: 1, bootMs: 50, dnsMs: 50 })
  before(folder)
  const clouds = join(folder, 'clouds.yaml')
  writeFileSync(clouds, JSON.stringify(sim.clouds))
  const yaml = `clusters:
  dev: { cloud: dev, tier: bursty }
policies:
  dns-records: { mode: observe, settings: { cloud: infra, fixed: { zone: cloud.lab. } } }
http: { port: 0 }
log: { level: fatal }
access: { operate: [sre] }
`
  const write = (text: string) => writeFileSync(join(folder, 'reflex.yaml'), text.replaceAll('FOLDER', folder))
  write(`${yaml}tokens:\n${tokens}${more}`)
  const product = await startProduct({ OS_CLIENT_CONFIG_FILE: clouds }, folder, () => {})
  t.teardown(async () => {
    await product.close()
    await sim.close()
    rmSync(folder, { recursive: true })
  })
  /** What a stop with this token is answered with. */
  const stop = async (token: string) => {
    const answer = await fetch(`${product.url}/api/v1/stops`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
      body: '{"cluster":"dev"}'
    })
    return answer.status
  }
  return {
    folder,
    clouds,
    sim,
    yaml,
    write,
    product,
    stop,
    readyz: async () => JSON.stringify(await (await fetch(`${product.url}/readyz`)).json())
  }
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await look()); tries++) {
    if (tries > 200) throw new Error(`${what} did not come about`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const token = (actor: string) => `  - { actor: ${actor}, groups: [sre], sha256: ${sha256(actor)} }\n`

t.test("a token's line that is taken out counts, whatever is wrong elsewhere in the file", async (t) => {
  const at = await running(t, token('alice') + token('bob'))
  t.equal(await at.stop('alice'), 200)
  const stream = await fetch(`${at.product.url}/api/v1/stream`, { headers: { authorization: 'Bearer alice' } })
  at.write(`${at.yaml.replace('tier: bursty', 'tier: busty')}tokens:\n${token('bob')}`)
  await until('the end of the token', async () => (await at.stop('alice')) === 401)
  t.equal(await at.stop('bob'), 200, 'the others are as they were')
  t.match(await at.readyz(), /a token of alice does not count any more/)
  await stream.text()
  t.pass('what was opened with it is closed')

  // Not even YAML; and the line is there, as a comment.
  at.write(`${at.yaml}tokens:\n#${token('bob')}   - [ {\n`)
  await until('the end of the other one', async () => (await at.stop('bob')) === 401)
  t.equal(await at.stop(''), 401, 'without any token left, this machine is let in no more than before')
  at.write(`${at.yaml}tokens:\n${token('alice')}`)
  await until('the right file', async () => (await at.stop('alice')) === 200)
})

t.test('a token in a mounted Secret is rotated and deleted with it', async (t) => {
  const mounted = (folder: string, name: string, text: string) => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'token'), text)
    symlinkSync(name, join(folder, `${name}.link`))
    renameSync(join(folder, `${name}.link`), join(folder, '..data'))
  }
  const at = await running(
    t,
    `  - { actor: alice, groups: [sre], sha256: { file: FOLDER/..data/token } }\n${token('bob')}`,
    '',
    (folder) => mounted(folder, 'first', sha256('old'))
  )
  t.equal(await at.stop('old'), 200)
  mounted(at.folder, 'second', sha256('new'))
  await until('the new token', async () => (await at.stop('new')) === 200)
  t.equal(await at.stop('old'), 401)
  rmSync(join(at.folder, '..data'))
  await until('the end of it', async () => (await at.stop('new')) === 401)
  t.equal(await at.stop('bob'), 200)
})

t.test("GitLab's and Slack's secrets, and groups, are withdrawn from a wrong file", async (t) => {
  const doors = (gitlab: string, slack: string) => `gitlab: { secrets: [${gitlab}] }
slack: { signingSecrets: [${slack}], botToken: xoxb-sim, team: T0SIM, apiUrl: "http://127.0.0.1:9/", users: {} }
`
  const at = await running(t, token('alice'), doors('{ token: webhook-one }, { token: webhook-two }', 'signing-one'))
  const hook = (value: string) =>
    startGitlab({ url: `${at.product.url}/webhooks/gitlab`, secret: { kind: 'token', value }, tries: 1 })
  const send = async (value: string) =>
    (
      await hook(value)
        .merge({ project: 'apps/x', branch: 'main', iid: 1, user: 'u' })
        .catch(() => ({ ok: false }))
    ).ok
  t.ok(await send('webhook-one'))
  at.write(
    `${at.yaml.replace('tier: bursty', 'tier: busty')}tokens:\n${token('alice').replace('[sre]', '[viewers]')}${doors('{ token: webhook-two }', '')}`
  )
  await until('the end of the secret', async () => !(await send('webhook-one')))
  t.ok(await send('webhook-two'))
  t.equal(await at.stop('alice'), 403, 'who is taken out of a group may do no more what it may')
  t.match(await at.readyz(), /slack\.signingSecrets\[0\] does not count any more/)
})

t.test(
  'the password of a cloud is used as clouds.yaml has it now, and an entry that is gone is not used',
  async (t) => {
    const at = await running(t, token('alice'))
    const entries = at.sim.clouds as { clouds: Record<string, { auth: Record<string, string> }> }
    const changed = structuredClone(entries)
    changed.clouds.dev!.auth.password = 'rotated and wrong'
    // reflex.yaml is as it was: nothing else tells.
    writeFileSync(at.clouds, JSON.stringify(changed))
    await until('the new password', async () =>
      /user, password and project of this cloud right/.test(await at.readyz())
    )
    delete changed.clouds.dev
    writeFileSync(at.clouds, JSON.stringify(changed))
    await until('the end of the entry', async () => /cloud entry 'dev' is not used any more/.test(await at.readyz()))
  }
)

t.test("a broker's URL in a file: rotated, it is called anew; deleted, it is left", async (t) => {
  const calls: string[] = []
  const brokers = await Promise.all(
    ['first', 'second'].map(async (name) => {
      const server = createServer((socket) => {
        calls.push(name)
        socket.on('error', () => {}).destroy()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      t.teardown(() => server.close())
      return `amqp://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/`
    })
  )
  const url = (folder: string, text: string) => writeFileSync(join(folder, 'url'), text)
  const more = 'notifications: [{ cloud: sim, region: R, url: { file: FOLDER/url }, queue: q, exchanges: [nova] }]\n'
  const at = await running(t, token('alice'), more, (folder) => url(folder, brokers[0]!))
  await until('the first', async () => calls.includes('first'))
  url(at.folder, brokers[1]!)
  await until('the second', async () => calls.includes('second'))
  rmSync(join(at.folder, 'url'))
  await until('the end', async () => /the broker of sim\/R is left/.test(await at.readyz()))
  await until('nobody', async () => !/"name":"broker sim/.test(await at.readyz()))
})

t.test('a kubeconfig, and the certificate of who signs a broker’s, are looked at as well', async (t) => {
  const user = (token: string) => ({ name: 'u', user: { token } })
  const clusters = [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }]
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u' } }]
  const config = { apiVersion: 'v1', kind: 'Config', 'current-context': 'x', clusters, contexts }
  const write = {
    kubeconfig: (folder: string, n: number) =>
      writeFileSync(join(folder, 'kubeconfig'), JSON.stringify({ ...config, users: [user(`token-${n}`)] })),
    certificate: (folder: string, n: number) => writeFileSync(join(folder, 'ca.pem'), rootCertificates[n % 20]!)
  }
  const at = await running(t, token('alice'), '', (folder) => {
    write.kubeconfig(folder, 0)
    write.certificate(folder, 0)
  })
  const broker =
    '{ openstack: sim, region: R, url: "amqps://u:p@127.0.0.1:9/", cacert: FOLDER/ca.pem, queue: q, exchanges: [nova] }'
  const cluster = 'tier: bursty, kubernetes: { kubeconfig: FOLDER/kubeconfig }'
  at.write(`${at.yaml.replace('tier: bursty', cluster)}tokens:\n${token('alice')}notifications: [${broker}]\n`)
  const readAt = async () => /read anew at ([^"]+)/.exec(await at.readyz())?.[1]
  await until('the file with both', async () => (await readAt()) !== undefined)
  for (const name of ['kubeconfig', 'certificate'] as const) {
    const before = await readAt()
    let n = 0
    await until(`a change of the ${name}`, async () => {
      // The first look at a file takes it as it is then.
      if (n++ % 40 === 0) write[name](at.folder, Math.ceil(n / 40))
      return ![undefined, before].includes(await readAt())
    })
  }
  t.pass('each was read anew')
})
