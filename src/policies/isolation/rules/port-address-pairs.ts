import { overlaps, parseRange, within, worldly } from '../cidr.ts'
import type { Fact, Rule } from '../rule.ts'
import { called } from '../world.ts'

export const portAddressPairs: Rule<'port'> = {
  name: 'port-address-pairs',
  layer: 'network',
  kind: 'port',
  severity: 'high',
  mode: 'enforce',
  cuts: true,
  what: 'A port of a cluster may use any address (allowed address pair `0.0.0.0/0`, `::/0`, or pieces of it), or addresses of another cluster',
  why: 'It can pretend to be any other machine; rules that let addresses in let it in',
  events: ['port.create.end', 'port.update.end'],
  proof: 'GET /v2.0/ports/{id}: allowed_address_pairs',
  remedy: 'Takes these pairs off the port, and leaves the others',
  undo: 'Puts them back',
  judge(port, world) {
    const owner = world.clusterOf(port.projectId)
    if (owner === null) return []
    const pairs = port.allowedAddressPairs.flatMap(({ ip }) => {
      const range = parseRange(ip)
      return range === null ? [] : [{ ip, range }]
    })
    const open = worldly(pairs.map((one) => one.range))
    const facts = pairs.flatMap(({ ip, range }, n): Fact[] => {
      // Clusters may have the same private ranges: what is its own is nobody else's to it.
      if (!open[n] && within(range, owner.own)) return []
      const others = world.clusters.filter((one) => one !== owner && one.own.some((own) => overlaps(own, range)))
      if (!open[n] && others.length === 0) return []
      const to = open[n] ? 'any address' : `addresses of ${others.map((one) => one.name).join(', ')}`
      return [
        {
          detail: ip,
          from: open[n] ? '*' : others[0]!.name,
          to: owner.name,
          summary: `port ${called(port)} of ${owner.name} may use ${to}: allowed address pair ${ip}`,
          evidence: { port: port.id, pair: ip, addresses: port.addresses, device: port.deviceId }
        }
      ]
    })
    return [...new Map(facts.map((fact) => [fact.detail, fact])).values()]
  },
  close(port, { to }, world, facts) {
    const gone = facts.map(({ detail }) => detail)
    const { id, allowedAddressPairs } = port
    const left = allowedAddressPairs.filter(({ ip }) => !gone.includes(ip))
    const input = { id, set: { allowedAddressPairs: left }, expects: { allowedAddressPairs } }
    return [world.step('port-update', 'update', { cluster: to, on: `port/${id}/address-pairs` }, input)]
  }
}
