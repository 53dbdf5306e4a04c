import { setTimeout as sleep } from 'node:timers/promises'
import type { User } from './user.ts'

/** A seeded stream of numbers in [0, 1) (mulberry32): a churn can be run again as it was. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface ChurnResult {
  readonly booted: number
  readonly deleted: number
  readonly renamed: number
  readonly floatingIps: number
  readonly portsDeleted: number
  /** Boots that Nova itself gave up on: a user deletes such a server and boots another one. */
  readonly bootedAgain: number
  /** Servers that still run. */
  readonly left: readonly { user: User; id: string; name: string }[]
}

/**
 * Boots servers in all three projects, a few at once, and meanwhile renames and deletes some, gives them floating IPs in
 * all four ways, and makes two of one name. What is left at the end is what the random numbers left.
 */
export async function churn(users: readonly User[], servers: number, seed: number): Promise<ChurnResult> {
  const random = seeded(seed)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!
  const left: { user: User; id: string; name: string }[] = []
  let deleted = 0
  let renamed = 0
  let floatingIps = 0
  let portsDeleted = 0
  let bootedAgain = 0
  /** Servers that have a floating IP: Neutron gives an address no second one. */
  const floating = new Set<string>()

  /** While its own services are cut off from the broker, Nova fails a boot or forgets it; its user tries again. */
  async function bootUntilActive(user: User, name: string, networks: readonly string[]): Promise<string> {
    for (let tries = 1; ; tries++) {
      const id = await user.boot(name, networks)
      try {
        // Several that ask all the time would leave Nova no time to boot.
        await user.active(id, 60, 500)
        return id
      } catch (error) {
        if (tries === 12) throw error
        bootedAgain++
        await user.call('compute', 'DELETE', `/servers/${id}`)
        await user.gone(id)
        await sleep(5000)
      }
    }
  }

  async function live(n: number, user: User, fate: number, way: number): Promise<void> {
    // Every tenth server shares its name with another one of its project.
    const name = `churn-${seed}-${n % 10 === 3 ? n - users.length : n}`
    const networks = user.project === 'dev' && n % 5 === 0 ? ['dev-net', 'dev-net2'] : [`${user.project}-net`]
    const id = await bootUntilActive(user, name, networks)
    const one = { user, id, name }
    if (n % 2 === 0) {
      const [port] = await user.ports(id)
      const address = way < 0.5 ? await user.floatingIp(port!.id) : await user.floatingIp()
      floatingIps++
      floating.add(id)
      if (way >= 0.5)
        await user.call('network', 'PUT', `/floatingips/${address.id}`, { floatingip: { port_id: port!.id } })
      if (way >= 0.75)
        await user.call('network', 'PUT', `/floatingips/${address.id}`, { floatingip: { port_id: null } })
      else if (way >= 0.6 && left.length > 0) {
        const others = left.filter((each) => each.user === user && !floating.has(each.id))
        const other = others.length > 0 ? pick(others) : undefined
        if (other !== undefined) floating.add(other.id)
        const [target] = other === undefined ? [] : await user.ports(other.id)
        if (target !== undefined)
          await user.call('network', 'PUT', `/floatingips/${address.id}`, { floatingip: { port_id: target.id } })
      } else if (way < 0.1) await user.call('network', 'DELETE', `/floatingips/${address.id}`)
    }
    if (networks.length === 2 && fate >= 0.25 && fate <= 0.55) {
      // Its floating IP, if it has one, goes with the port, and no notification says so.
      const [port] = await user.ports(id)
      await user.call('network', 'DELETE', `/ports/${port!.id}`)
      portsDeleted++
    }
    if (fate < 0.25) {
      one.name = `renamed-${seed}-${n}`
      await user.call('compute', 'PUT', `/servers/${id}`, { server: { name: one.name } })
      renamed++
    }
    if (fate > 0.55) {
      await user.call('compute', 'DELETE', `/servers/${id}`)
      deleted++
    } else left.push(one)
  }

  // What happens is drawn beforehand, so that it does not depend on who is faster.
  const lives = Array.from({ length: servers }, (_, n) => ({
    n,
    user: users[n % users.length]!,
    fate: random(),
    way: random()
  }))
  const workers = Array.from({ length: 4 }, async () => {
    for (let next = lives.shift(); next !== undefined; next = lives.shift())
      await live(next.n, next.user, next.fate, next.way)
  })
  await Promise.all(workers)
  return { booted: servers, deleted, renamed, floatingIps, portsDeleted, bootedAgain, left }
}
