import { portUpdate } from '../actions/port-update.ts'
import { blamed, claimed, excuseOf } from '../blame.ts'
import { changedDoingOf } from '../came-first.ts'
import { overlaps, parseRange, within, worldly } from '../cidr.ts'
import type { Fact, Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds allowed address pairs of any address, or of addresses of another cluster. */
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
      const covered = world.clusters
        .filter((one) => one !== owner)
        .map(({ name, own }) => ({ name, own: own.filter((one) => overlaps(one, range)) }))
        .filter(({ own }) => own.length > 0)
      const what = `port ${called(port)} of ${owner.name} may use`
      const evidence = { port: port.id, pair: ip, addresses: port.addresses, device: port.deviceId }
      if (open[n])
        return [
          {
            ...{ detail: ip, from: '*', to: owner.name, evidence },
            summary: `${what} any address: allowed address pair ${ip}`
          }
        ]
      const [first] = covered
      const covers = `${what}: allowed address pair ${ip}`
      if (first === undefined) return [...claimed([range], owner, world, { detail: ip, covers, evidence })]
      const before = world.known?.find((one) => one.rule === 'port-address-pairs' && one.detail === ip)?.doing
      const own = covered.flatMap((one) => one.own)
      const doing = before ?? changedDoingOf(own, port)
      const ranges = first.own.map(({ text }) => text).join(', ')
      if (doing === 'the others')
        return [
          blamed(
            { detail: ip, from: owner.name, evidence },
            {
              on: first.name,
              summary: `${first.name} got ${ranges}, which port ${called(port)} of ${owner.name} may use since before: allowed address pair ${ip}`,
              how: `the range of ${first.name} came after the pair`
            }
          )
        ]
      const unclear = doing === 'unclear' ? 'it cannot be told which was there first, the pair or the range' : null
      const unsure = excuseOf(range, owner, own) ?? unclear
      return [
        {
          ...{ detail: ip, from: first.name, to: owner.name },
          evidence: doing === 'unclear' ? { ...evidence, unclear: true } : evidence,
          summary: `${what} addresses of ${covered.map((one) => one.name).join(', ')}: allowed address pair ${ip}`,
          ...(unsure !== null && { unsure })
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
    return [world.step(portUpdate, { cluster: to, on: `port/${id}/address-pairs` }, input)]
  }
}
