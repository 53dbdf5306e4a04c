import { type Static, Type } from 'typebox'
import { conditionMistake } from '../../core/condition.ts'
import type { Configured } from '../../core/policy.ts'
import { mistakesOn } from './on.ts'

const name = (title: string) => Type.String({ pattern: '^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$', title })
const duration = (byDefault: string) =>
  Type.String({
    pattern: '^[1-9][0-9]{0,8}(ms|s|m|h|d)$',
    title: 'a duration such as 30s, 15m or 6h',
    default: byDefault
  })
const closed = { additionalProperties: false } as const

const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const
const fluxKinds = [
  'Kustomization',
  'HelmRelease',
  'GitRepository',
  'OCIRepository',
  'HelmRepository',
  'HelmChart',
  'Bucket',
  'ImageRepository'
] as const

const service = Type.Object(
  {
    namespace: name('the name of a namespace'),
    kind: Type.Enum([...workloadKinds, ...fluxKinds, 'Application'], { default: 'Deployment' }),
    name: name('the name of the object')
  },
  closed
)

const rule = Type.Object(
  {
    name: name('a name of lower-case letters, digits, "." and "-"'),
    on: Type.String({ minLength: 1, title: 'an event type such as gitlab.merge_request.merge, or gitlab.*' }),
    when: Type.Optional(
      Type.String({ minLength: 1, title: 'a CEL condition over event, e.g. event.branch == "main"' })
    ),
    do: Type.Enum(['restart', 'reconcile', 'refresh'], {
      description: 'restart: a rollout restart. reconcile: Flux reconciles now. refresh: Argo CD refreshes now.'
    }),
    service: name('the name of a service'),
    cluster: Type.Optional(Type.String({ minLength: 1, title: 'one cluster; left out: every one where it is placed' })),
    maxAge: duration('24h'),
    deadline: duration('10m')
  },
  closed
)

/** Settings of `workload-actions`, as written under `policies.workload-actions.settings`. */
export const workloadSettingsSchema = Type.Object(
  {
    services: Type.Record(Type.String({ pattern: '^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$' }), service, {
      ...closed,
      default: {},
      title: 'services by name, each with namespace, kind and name of what runs it'
    }),
    rules: Type.Array(rule, { default: [], title: 'a list of rules' })
  },
  closed
)

/** What the configuration states for all policies: the placement matrix, and the clusters. */
export interface WorkloadSurroundings {
  readonly placement?: Readonly<Record<string, readonly string[]>>
  readonly clusterNames?: readonly string[]
  /** Those of tier `change-controlled`. */
  readonly changeControlled?: readonly string[]
  /** Actors by GitLab's user names, where GitLab itself is asked what its webhooks claim; left out: it is not. */
  readonly gitlabUsers?: Readonly<Record<string, string>>
}

/** The settings of `workload-actions`, with what the configuration states for all policies. */
export type WorkloadSettings = Static<typeof workloadSettingsSchema> & WorkloadSurroundings

/** Selects what the configuration states for all policies. */
export const workloadSurroundings = ({ placement, clusters, gitlabUsers }: Configured): WorkloadSurroundings => ({
  placement,
  clusterNames: clusters.map(({ name }) => name),
  changeControlled: clusters.filter(({ tier }) => tier === 'change-controlled').map(({ name }) => name),
  ...(gitlabUsers !== undefined && { gitlabUsers })
})

/** A rule of the settings: on what, when, and what is done. */
export type WorkloadRule = WorkloadSettings['rules'][number]
/** A service of the settings: which workloads it is. */
export type Service = WorkloadSettings['services'][string]

/** Looks up a name that anybody may have typed in a map of the configuration: `constructor` is none of its keys. */
export const named = <Value>(map: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined =>
  map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined

const doable: Readonly<Record<WorkloadRule['do'], readonly Service['kind'][]>> = {
  restart: workloadKinds,
  reconcile: fluxKinds,
  refresh: ['Application']
}

/** Lists what can be done to a kind of object. */
export const canDo = (what: WorkloadRule['do'], { kind }: Service): boolean => doable[what].includes(kind)

/** Checks what the schema cannot see; returns mistakes as sentences. */
export function checkWorkloadSettings({ services, rules }: WorkloadSettings): readonly string[] {
  const mistakes: string[] = []
  const names = new Set<string>()
  for (const [n, { name, on, service, when, do: what }] of rules.entries()) {
    const at = `rules[${n}] (${name})`
    if (name === 'slack' || name === 'person') mistakes.push(`${at}: what people ask for has this name, choose another`)
    if (names.has(name)) mistakes.push(`${at}: there is another rule of this name`)
    names.add(name)
    const known = named(services, service)
    if (known === undefined)
      mistakes.push(
        `${at}: there is no service '${service}'; services are: ${Object.keys(services).join(', ') || 'none'}`
      )
    else if (!canDo(what, known))
      mistakes.push(`${at}: ${what} is for ${doable[what].join(', ')}; ${service} is a ${known.kind}`)
    const wrong = when === undefined ? null : conditionMistake(when)
    if (wrong !== null) mistakes.push(`${at}: its condition cannot be read: ${wrong}`)
    else mistakes.push(...mistakesOn({ on, ...(when === undefined ? {} : { when }) }).map((one) => `${at}: ${one}`))
  }
  return mistakes
}
