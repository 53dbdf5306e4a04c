import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { agrees, product } from './product.ts'
import { cleanLab, dig, user } from './user.ts'

const boots = 10

t.test('from ACTIVE to A, AAAA and both PTR in the name server, one boot at a time', async (t) => {
  await cleanLab()
  const reflex = await product(t)
  await reflex.start()
  const dev = user('dev-user')
  const servers: string[] = []
  const waits: number[] = []

  for (let i = 0; i < boots; i++) {
    const server = await dev.boot(`latency-${i}`)
    servers.push(server)
    await dev.active(server)
    const active = performance.now()
    const [v4, v6] = addressesOf(await dev.ports(server))
    const name = `latency-${i}.dev.cloud.lab`
    const resolved = async () =>
      (await dig(name, 'A'))[0] === v4 &&
      (await dig(name, 'AAAA'))[0] === v6 &&
      (await dig(reverse4(v4), 'PTR'))[0] === name &&
      (await dig(reverse6(v6), 'PTR'))[0] === name
    while (!(await resolved())) {
      if (performance.now() - active > 30_000)
        throw new Error(`${name} does not resolve 30 s after ACTIVE:\n${reflex.log().slice(-2000)}`)
      await sleep(20)
    }
    waits.push((performance.now() - active) / 1000)
  }

  const sorted = [...waits].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!.toFixed(2)
  t.comment(
    `ACTIVE to resolving, ${boots} boots: median ${at(0.5)} s, p95 ${at(0.95)} s, all ${sorted.map((one) => one.toFixed(2)).join(' ')}`
  )
  t.equal(waits.length, boots, 'every server resolves')

  await Promise.all(servers.map((server) => dev.call('compute', 'DELETE', `/servers/${server}`)))
  for (const server of servers) await dev.gone(server)
  await reflex.settled()
  const left = await agrees(30)
  t.same([left.stale, left.missing, Object.keys(left.actual)], [[], [], []], 'all of it is gone with the servers')
})

function addressesOf(ports: readonly { addresses: string[] }[]): [string, string] {
  const all = ports.flatMap((port) => port.addresses)
  return [all.find((one) => !one.includes(':'))!, all.find((one) => one.includes(':'))!]
}

const reverse4 = (address: string) => `${address.split('.').reverse().join('.')}.in-addr.arpa`

function reverse6(address: string): string {
  const [head = '', tail = ''] = address.split('::')
  const left = head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  const digits = groups.map((group) => group.padStart(4, '0')).join('')
  return `${[...digits].reverse().join('.')}.ip6.arpa`
}
