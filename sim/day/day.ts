import { setTimeout as delay } from 'node:timers/promises'
import type { OperatedServer, Sim } from '../cloud.ts'
import { isolationSteps } from './isolation-day.ts'

/** What a day is made of; a step that does not apply (no server to rename) is passed over. */
export interface DayOptions {
  /** Milliseconds between two steps; default 1,500. */
  readonly paceMs?: number
  readonly signal?: AbortSignal
  /** Now and then somebody opens what must stay closed between clusters. */
  readonly mistakes?: boolean
  /** Told in one sentence what happens next. */
  readonly onStep?: (sentence: string) => void
}

const ROLES = ['web', 'api', 'db', 'worker', 'cache', 'build'] as const
const ZONE = 'cloud.lab.'
/** GiB of volumes with which prod begins to clear up. */
const PLENTY = 1400
/** How often it finds no room before it clears up all the same. */
const PATIENCE = 12

/**
 * A day in the cloud at a pace that one can watch: servers boot, are renamed, get addresses, move them and die; somebody
 * makes a record by hand for a name that a server will get, and somebody edits one that is not his. Prod's volumes grow
 * until there is hardly room for more, then it clears up; dev has room that it does not use. It begins with a server of
 * each cluster and goes on, varied by the sim's seed, until the signal aborts.
 */
export async function startDay(
  sim: Sim,
  { paceMs = 1500, signal, mistakes = false, onStep = () => {} }: DayOptions = {}
): Promise<void> {
  const { operator, state } = sim
  const { random } = state
  const servers: OperatedServer[] = []
  const fips: { id: string; address: string; project: string }[] = []
  const projects = new Map<string, string>()
  const volumes: string[] = []
  let waits = 0
  const balancers: { id: string; name: string; project: string }[] = []
  let number = 0

  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!
  const freshName = () => `${pick(ROLES)}-${++number}`

  async function boot(
    project = pick(['dev', 'dev', 'dev', 'prod', 'infra'] as const),
    name = freshName()
  ): Promise<OperatedServer> {
    onStep(`${project} boots ${name}`)
    const server = await operator.bootServer({ name, project })
    servers.push(server)
    projects.set(server.id, project)
    return server
  }

  async function die(): Promise<void> {
    if (servers.length < 3) return void (await boot())
    const [server] = servers.splice(Math.floor(random() * servers.length), 1)
    onStep(`${projects.get(server!.id)} deletes ${server!.name}`)
    await operator.deleteServer(server!.id)
  }

  async function rename(): Promise<void> {
    const index = Math.floor(random() * servers.length)
    const server = servers[index]
    if (!server) return
    const name = freshName()
    onStep(`${projects.get(server.id)} renames ${server.name} to ${name}`)
    await operator.renameServer(server.id, name)
    servers[index] = { ...server, name }
  }

  /** One of three: created at once with a server, taken from one server to the next, given back. */
  async function floatingIp(): Promise<void> {
    const server = pick(servers)
    const project = projects.get(server.id)!
    const mine = fips.filter((fip) => fip.project === project)
    const free = !mine.some(({ id }) => state.floatingIps.get(id)?.portId === server.portIds[0])
    if (mine.length > 0 && free && random() < 0.6) {
      const fip = pick(mine)
      onStep(`${project} moves ${fip.address} to ${server.name}`)
      return operator.associate(fip.id, server.portIds[0]!)
    }
    if (mine.length > 1) {
      const fip = pick(mine)
      fips.splice(fips.indexOf(fip), 1)
      onStep(`${project} gives ${fip.address} back`)
      return operator.deleteFloatingIp(fip.id)
    }
    if (!free) return
    onStep(`${project} gets a floating IP for ${server.name}`)
    fips.push({ ...(await operator.createFloatingIp({ project, portId: server.portIds[0]! })), project })
  }

  async function secondInterface(): Promise<void> {
    const server = servers.find(({ id, portIds }) => projects.get(id) === 'dev' && portIds.length === 1)
    if (!server) return
    onStep(`dev connects ${server.name} to dev-net2`)
    const port = await operator.attachPort(server.id, 'dev-net2')
    servers[servers.indexOf(server)] = { ...server, portIds: [...server.portIds, port.id] }
  }

  /** The record is there first; whoever owns names by servers must leave it alone. */
  async function recordByHand(): Promise<void> {
    const name = freshName()
    onStep(`somebody makes ${name}.dev.${ZONE} by hand, then dev boots ${name}`)
    await operator.createRecordset(ZONE, {
      name: `${name}.dev.${ZONE}`,
      type: 'A',
      records: ['192.0.2.10'],
      ttl: 300,
      description: 'by hand'
    })
    await boot('dev', name)
  }

  async function foreignEdit(): Promise<void> {
    const marked = operator
      .recordsets(ZONE)
      .filter(({ type, description }) => type === 'A' && description !== 'by hand')
    if (marked.length === 0) return
    const { name } = pick(marked)
    onStep(`somebody edits ${name}`)
    await operator.updateRecordset(ZONE, name, 'A', { records: ['192.0.2.66'] })
  }

  async function powerCycle(): Promise<void> {
    const server = pick(servers)
    onStep(`${projects.get(server.id)} stops ${server.name} and starts it again`)
    await operator.stopServer(server.id)
    await operator.startServer(server.id)
  }

  /** Into the watermark and, once somebody gives more, beyond today's limit; what does not fit is not asked for. */
  async function volume(): Promise<void> {
    const { gigabytes, gigabytes_standard } = operator.quota('cinder', 'prod')
    const room = Math.min(
      ...[gigabytes!, gigabytes_standard!].map(({ limit, used }) => (limit < 0 ? PLENTY : limit - used))
    )
    if (volumes.length > 3 && (gigabytes!.used > PLENTY || waits >= PATIENCE)) {
      waits = 0
      onStep(`prod clears up: ${volumes.length - 3} of its ${volumes.length} volumes`)
      for (const id of volumes.splice(3)) await operator.deleteVolume(id)
      return
    }
    const size = 80 + Math.floor(random() * 120)
    if (size > room) {
      waits++
      return onStep(`prod wants ${size} GiB more and has ${room} left`)
    }
    waits = 0
    onStep(`prod makes a volume of ${size} GiB`)
    volumes.push((await operator.createVolume({ name: `data-${++number}`, project: 'prod', size })).id)
  }

  async function loadBalancer(): Promise<void> {
    const [old] = balancers
    if (old !== undefined && balancers.length > 1) {
      balancers.shift()
      onStep(`${old.project} deletes the load balancer ${old.name}`)
      return operator.deleteLoadBalancer(old.id)
    }
    const name = `lb-${++number}`
    const project = pick(['dev', 'prod'])
    onStep(`${project} makes the load balancer ${name}`)
    balancers.push({ ...(await operator.createLoadBalancer({ name, project })), name, project })
  }

  const { within, mistake } = isolationSteps({ operator, onStep, pick, freshName })

  // Twice in the list: twice as often.
  const steps = [
    ...within,
    ...(mistakes ? [mistake] : []),
    boot,
    boot,
    die,
    die,
    rename,
    floatingIp,
    floatingIp,
    floatingIp,
    secondInterface,
    recordByHand,
    foreignEdit,
    powerCycle,
    volume,
    volume,
    volume,
    loadBalancer
  ]
  const opening = [
    () => boot('dev'),
    () => boot('prod'),
    volume,
    floatingIp,
    () => boot('infra'),
    () => boot('dev'),
    recordByHand,
    ...(mistakes ? [mistake] : []),
    rename,
    floatingIp,
    ...(mistakes ? [mistake] : []),
    foreignEdit,
    die,
    ...within
  ]

  for (let count = 0; !signal?.aborted; count++) {
    const step = opening[count] ?? (servers.length > 12 ? die : pick(steps))
    try {
      await step()
    } catch (error) {
      if (signal?.aborted) return
      // A day goes on: the cloud refuses something (no address left), or a fault was asked for.
      onStep(`that did not work: ${(error as Error).message}`)
    }
    // Between half and one and a half of the pace, the first one sooner.
    const pause = count === 0 ? Math.min(paceMs, 500) : paceMs * (0.5 + random())
    await delay(pause, undefined, signal ? { signal } : {}).catch(() => {})
  }
}
