import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { NetworkWall, Subnet } from '../../../clients/neutron/forms.ts'
import type { Tools } from '../../shared/tools.ts'
import { distinct } from './reading.ts'
import type { ClaimedRange, MatrixCluster } from './subjects.ts'

/** A cluster's networks, and whether the configuration names them. */
export interface Networked {
  readonly name: string
  readonly projectId: string
  readonly written: boolean
  readonly networks: readonly NetworkWall[]
  /** Those of its project that the configuration does not name. */
  readonly others: readonly NetworkWall[]
}

type Ranges = Pick<MatrixCluster, 'ranges' | 'since' | 'swept' | 'claimed'>
type Memory = MatrixTools['journal']

/** Names the series under which the journal has which ranges a sweep has seen, and when first. */
export const sweptOf = (cloud: string): string => `isolation/${cloud}/swept/`

/**
 * Selects the ranges that are a cluster's own to the rules. Whoever owns a network adds subnets to it, of any range: those count that are
 * on a network which the configuration names or an administrator made, and were there when it was first looked at; all of them where the
 * network is another project's. The rest is claimed.
 */
export async function rangesOf(
  clusters: readonly Networked[],
  operators: readonly string[],
  clients: IsolationClients,
  journal: Memory
): Promise<ReadonlyMap<string, Ranges>> {
  const { cloud, network, detail } = clients
  const ids = distinct(clusters.flatMap(({ networks, others }) => [...networks, ...others].map(({ id }) => id)))
  const firstOf = `isolation/${cloud}/subnets/`
  const [subnets, first, swept] = await Promise.all([
    network.listSubnets({ by: { network_id: ids } }),
    journal.namePins(firstOf),
    journal.namePins(sweptOf(cloud))
  ])
  const byNetwork = Map.groupBy(subnets, ({ networkId }) => networkId)
  const known = new Map(first.map(({ key, id }) => [key, id]))
  const seen = new Map(swept.map(({ key, at }) => [key, at]))

  const found = await Promise.all(
    clusters.map(async ({ name, projectId, written, networks, others }): Promise<readonly [string, Ranges]> => {
      const counting: Subnet[] = []
      const claimed: ClaimedRange[] = []
      for (const one of [...networks, ...others]) {
        const here = byNetwork.get(one.id) ?? []
        const trusted = (written && networks.includes(one)) || one.flat === true || (await madeByOperator(one.id))
        const counts = !trusted ? [] : one.projectId === projectId ? await thereAtFirst(one.id, here) : here
        counting.push(...counts)
        for (const { id, cidr, createdAt } of here.filter((subnet) => !counts.includes(subnet)))
          claimed.push({ cidr, ...(createdAt !== null && { createdAt }), networkId: one.id, subnetId: id })
      }
      const ranges = distinct(counting.map(({ cidr }) => cidr)).sort()
      const since = Object.fromEntries(
        ranges.map((cidr) => [cidr, oldest(counting.filter((one) => one.cidr === cidr))])
      )
      const sweptAt = ranges.flatMap((cidr) => {
        const at = seen.get(`${sweptOf(cloud)}${name}/${cidr}`)
        return at == null ? [] : [[cidr, at] as const]
      })
      return [
        name,
        {
          ...{ ranges, since, swept: Object.fromEntries(sweptAt) },
          ...(claimed.length > 0 && { claimed: claimed.sort((a, b) => (a.subnetId < b.subnetId ? -1 : 1)) })
        }
      ]
    })
  )
  return new Map(found)

  async function thereAtFirst(networkId: string, here: readonly Subnet[]): Promise<readonly Subnet[]> {
    const key = `${firstOf}${networkId}`
    let then = known.get(key)
    if (then == null) {
      const pin = {
        key,
        id: here
          .map(({ id }) => id)
          .sort()
          .join(' '),
        trouble: null
      }
      then = (await journal.pinNames(key, [pin]))[0]?.id ?? pin.id
    }
    const there = then.split(' ')
    return here.filter(({ id }) => there.includes(id))
  }

  /** As the bus told it: nothing else says who made a network. */
  async function madeByOperator(id: string): Promise<boolean> {
    if (operators.length === 0) return false
    const by = await detail(`maker of network ${id}`, async () => {
      const events = await journal.events({ resource: id, limit: 500 })
      return events.find(({ type }) => type === 'network.create.end')?.userId ?? ''
    })
    return operators.includes(by)
  }
}

/** null where it is not said of one of them. */
function oldest(subnets: readonly Subnet[]): string | null {
  const times = subnets.map(({ createdAt }) => createdAt)
  return times.includes(null) ? null : (times.toSorted()[0] ?? null)
}

/** What the matrix is read with. */
export interface MatrixTools extends Pick<Tools, 'isolation' | 'clusters' | 'now'> {
  cloud(name: string): Promise<{ readonly projectId: string }>
  readonly journal: Pick<Tools['journal'], 'namePins' | 'pinNames' | 'events'>
}
