import { type Static, Type } from 'typebox'
import { isId } from '../../core/bound-name.ts'
import type { Idle } from '../../core/policy.ts'
import { templateMistakes } from './names.ts'

const zone = Type.String({ pattern: '^([A-Za-z0-9_-]+\\.)+$', description: 'zone name with the trailing dot' })
const name = (example: string, named = 'server') =>
  Type.String({
    default: example,
    description: `placeholders: {${named}} {project} {cluster} {network} {address} {zone}`
  })
const onNetworks = {
  networks: Type.Optional(
    Type.Array(Type.String(), {
      description: '<cluster>/<name>, ids, or names; addresses on other networks get no record. Default: all'
    })
  ),
  ptrNetworks: Type.Array(Type.String(), { default: [], description: '<cluster>/<name> or ids; `*` for all' })
}

/** Settings of `dns-records`, as written under `policies.dns-records.settings`. */
export const dnsSettingsSchema = Type.Object(
  {
    cloud: Type.String({ minLength: 1, description: 'clouds.yaml entry whose project owns the zones' }),
    fixed: Type.Optional(
      Type.Object({ zone, name: name('{server}.{project}.{zone}'), ...onNetworks }, { additionalProperties: false })
    ),
    floating: Type.Optional(
      Type.Object(
        {
          zone,
          name: name('{server}.{project}.{zone}'),
          networks: Type.Optional(
            Type.Array(Type.String(), {
              description:
                '<cluster>/<name>, <project id>/<name> or ids of external networks, `*` for all; floating IPs of others get no record. Default: all that no cluster owns, whose people may make theirs external'
            })
          ),
          ptr: Type.Boolean({ default: true })
        },
        { additionalProperties: false }
      )
    ),
    vip: Type.Optional(
      Type.Object(
        { zone, name: name('{loadbalancer}.{project}.{zone}', 'loadbalancer'), ...onNetworks },
        {
          additionalProperties: false,
          description: "addresses of Octavia's load balancers; left out: Octavia is not asked"
        }
      )
    ),
    ttl: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 604_800, description: 'seconds; default: the zone decides' })
    ),
    reserved: Type.Array(Type.String(), {
      default: [],
      description:
        'fully qualified names that are never written, beside the apex, wildcards and names with an underscore'
    }),
    keepFree: Type.Integer({ default: 50, minimum: 0, description: 'recordsets of a zone that are left for others' }),
    optOut: Type.String({
      default: 'stackreflex',
      description:
        'a server whose metadata has this key with value `off`, or a load balancer with the tag `<key>=off`, gets no records'
    })
  },
  { additionalProperties: false }
)

/** The settings of `dns-records`. */
export type DnsSettings = Static<typeof dnsSettingsSchema>

/** The kinds of addresses that get names: servers' own, floating ones, load balancers' own. */
export type AddressKind = 'fixed' | 'floating' | 'vip'
const parts: readonly AddressKind[] = ['fixed', 'floating', 'vip']

/** Checks what the schema cannot see; returns mistakes as sentences. */
export function checkDnsSettings(settings: DnsSettings): readonly string[] {
  const mistakes: string[] = []
  if (parts.every((part) => settings[part] === undefined))
    mistakes.push('none of `fixed`, `floating` and `vip` is set: the policy would have nothing to do')
  for (const part of parts) {
    const template = settings[part]?.name
    const named = part === 'vip' ? 'loadbalancer' : 'server'
    if (template !== undefined)
      for (const mistake of templateMistakes(template, named)) mistakes.push(`${part}.name: ${mistake}`)
  }
  for (const network of settings.floating?.networks ?? [])
    if (isBare(network))
      mistakes.push(
        `floating.networks: '${network}' is a bare name, which anybody may give to theirs: write <cluster>/${network}, <project id>/${network}, or its id`
      )
  return mistakes
}

/** Tells whether a network is written by its name alone: neither by an id nor with whose it is. */
export const isBare = (network: string): boolean => network !== '*' && !isId(network) && !network.includes('/')

/** Lists the names of networks in `ptrNetworks` that are written without whose they are. */
export const barePtrNetworks = ({ fixed, vip }: Pick<DnsSettings, AddressKind>): readonly string[] =>
  [...new Set([...(fixed?.ptrNetworks ?? []), ...(vip?.ptrNetworks ?? [])].filter(isBare))].sort()

/** Warns of bare names in `ptrNetworks`: whoever has a network may call it so, and the reverse zone is the operators'. */
export function bareNetworkNames(settings: DnsSettings): readonly Idle[] {
  return (['fixed', 'vip'] as const).flatMap((part) =>
    (settings[part]?.ptrNetworks ?? []).flatMap((network, n) =>
      isBare(network)
        ? {
            path: [part, 'ptrNetworks', n],
            message: `'${network}' is a bare name, which anybody may give to theirs: it means what alone was called so when it was first looked up, and nothing where several were`,
            allowed: `<cluster>/${network}, <project id>/${network}, or an id`
          }
        : []
    )
  )
}

/** Lists the names of the zones that names are written to, as they are in the settings. */
export function zoneNames(settings: Pick<DnsSettings, AddressKind>): readonly string[] {
  return parts.flatMap((part) => settings[part]?.zone ?? [])
}
