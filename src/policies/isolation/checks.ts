import { type Elsewhere, notOurs } from '../../core/policy.ts'
import { quotaServiceOf } from '../../core/quota.ts'
import { parseRange } from './cidr.ts'
import { crossingConditions } from './crossing.ts'
import { endsAt } from './exemptions.ts'
import { parsePorts } from './ports.ts'
import { rules } from './rules/index.ts'
import type { IsolationSettings } from './settings.ts'
import { outside } from './world.ts'

const names = rules.map((rule) => rule.name)

/** Checks what the schema cannot see; returns mistakes as sentences. `known`: the clusters of reflex.yaml. */
export function checkIsolationSettings(
  settings: IsolationSettings,
  known: readonly string[],
  elsewhere: Elsewhere = {}
): readonly string[] {
  const { clusters, crossing, exempt } = settings
  const mistakes: string[] = []
  const own = Object.keys(clusters)
  if (own.length < 2) mistakes.push(`clusters: has ${own.length}, and there is nothing to keep apart below two`)
  for (const name of own.filter((one) => !known.includes(one)))
    mistakes.push(
      Object.hasOwn(elsewhere, name)
        ? `clusters.${name}: ${notOurs(name, known, elsewhere)}`
        : `clusters.${name}: no cluster has this name; clusters are: ${known.join(', ')}`
    )

  for (const [name, { publicPorts, volumeTypes, networks = [], ranges, quota }] of Object.entries(clusters)) {
    for (const text of publicPorts)
      if (parsePorts(text) === null)
        mistakes.push(`clusters.${name}.publicPorts: '${text}' is none; write 443/tcp, 30000-32767/udp or icmp`)
    for (const text of ranges)
      if (parseRange(text) === null)
        mistakes.push(`clusters.${name}.ranges: '${text}' is none; write 10.1.0.0/16, 10.1.2.3 or fd00:1::/64`)
    for (const other of own.slice(own.indexOf(name) + 1)) {
      const both = (mine: readonly string[], theirs: readonly string[] = []) =>
        mine.filter((one) => theirs.includes(one))
      for (const one of both(networks, clusters[other]!.networks))
        mistakes.push(`clusters.${name}.networks: '${one}' is ${other}'s as well; list it in shared.networks instead`)
      for (const one of both(volumeTypes, clusters[other]!.volumeTypes))
        mistakes.push(
          `clusters.${name}.volumeTypes: '${one}' is ${other}'s as well; list it in shared.volumeTypes instead`
        )
    }
    for (const resource of Object.keys(quota).filter((one) => quotaServiceOf(one) === null))
      mistakes.push(`clusters.${name}.quota: no service has a quota on '${resource}'`)
  }

  const places = [...own, outside, '*']
  for (const [n, { from, to, rule, when }] of crossing.entries()) {
    for (const [key, place] of [['from', from] as const, ['to', to] as const])
      if (!places.includes(place)) mistakes.push(`crossing[${n}].${key}: '${place}' is none of ${places.join(', ')}`)
    if (rule !== undefined && !names.includes(rule)) mistakes.push(`crossing[${n}].rule: ${noRule(rule)}`)
    const wrong = when === undefined ? null : crossingConditions.mistake(when)
    if (wrong !== null) mistakes.push(`crossing[${n}].when: it cannot be read: ${wrong}`)
  }
  for (const [n, exemption] of exempt.entries()) {
    if (exemption.rule !== '*' && !names.includes(exemption.rule))
      mistakes.push(`exempt[${n}].rule: ${noRule(exemption.rule)}`)
    if (Number.isNaN(endsAt(exemption))) mistakes.push(`exempt[${n}].until: no calendar has ${exemption.until}`)
  }
  for (const name of Object.keys(settings.rules).filter((one) => !names.includes(one)))
    mistakes.push(`rules.${name}: ${noRule(name)}`)
  return mistakes
}

const noRule = (name: string) => `there is no rule '${name}'; rules are: ${names.join(', ')}`
