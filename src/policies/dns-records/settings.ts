import { type Static, Type } from 'typebox'
import { templateMistakes } from './names.ts'

const zone = Type.String({ pattern: '^([A-Za-z0-9_-]+\\.)+$', description: 'zone name with the trailing dot' })
const name = (example: string) =>
  Type.String({
    default: example,
    description: 'placeholders: {server} {project} {cluster} {network} {address} {zone}'
  })

/** Settings of `dns-records`, as written under `policies.dns-records.settings`. */
export const settingsSchema = Type.Object(
  {
    cloud: Type.String({ minLength: 1, description: 'clouds.yaml entry whose project owns the zones' }),
    fixed: Type.Optional(
      Type.Object(
        {
          zone,
          name: name('{server}.{project}.{zone}'),
          networks: Type.Optional(
            Type.Array(Type.String(), {
              description: 'names or ids; addresses on other networks get no record. Default: all'
            })
          ),
          ptrNetworks: Type.Array(Type.String(), { default: [], description: 'names or ids; `*` for all' })
        },
        { additionalProperties: false }
      )
    ),
    floating: Type.Optional(
      Type.Object(
        { zone, name: name('{server}.{project}.{zone}'), ptr: Type.Boolean({ default: true }) },
        { additionalProperties: false }
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
      description: 'a server whose metadata has this key with value `off` gets no records'
    })
  },
  { additionalProperties: false }
)

export type DnsSettings = Static<typeof settingsSchema>

/** What the schema cannot see. */
export function checkSettings(settings: DnsSettings): readonly string[] {
  const mistakes: string[] = []
  if (settings.fixed === undefined && settings.floating === undefined)
    mistakes.push('neither `fixed` nor `floating` is set: the policy would have nothing to do')
  for (const part of ['fixed', 'floating'] as const) {
    const template = settings[part]?.name
    if (template !== undefined)
      for (const mistake of templateMistakes(template)) mistakes.push(`${part}.name: ${mistake}`)
  }
  return mistakes
}
