import type { Event, EventData, GitlabData } from './event.ts'

type Names<Data> = Readonly<Record<Exclude<keyof Data, 'kind' | 'happening' | 'moved' | 'people'>, true>>
type Of<Kind extends EventData['kind']> = Names<Extract<EventData, { kind: Kind }>>

/** What each kind of data says besides the attributes. Typed by the data itself, so that neither misses a name. */
const dataNames: { readonly [Kind in 'server' | 'port' | 'floatingip' | 'loadbalancer']: Of<Kind> } & {
  readonly [Kind in 'recordset' | 'zone' | 'part' | 'none']: Of<Kind>
} = {
  server: { name: true, oldName: true, state: true, addresses: true },
  port: { deviceId: true, deviceOwner: true, networkId: true, addresses: true },
  floatingip: { address: true, fixedAddress: true, portId: true },
  loadbalancer: { name: true, address: true, portId: true, networkId: true },
  recordset: { zoneId: true, name: true, type: true },
  zone: { name: true },
  part: { of: true, id: true },
  none: {}
}

type Attribute = Exclude<keyof Event, 'data'>
const always: readonly Attribute[] = ['id', 'source', 'type', 'subject', 'time']
const ofOpenstack: readonly Attribute[] = ['project', 'requestId', 'globalRequestId', 'userId']

/** What conditions may read of an OpenStack notification with this kind of data. */
export const openstackNames = (kind: keyof typeof dataNames): readonly string[] => [
  ...new Set([...always, ...ofOpenstack, 'kind', ...Object.keys(dataNames[kind])])
]

type GitlabName = keyof Omit<GitlabData, 'happening' | 'moved' | 'people'>
const everyKind: readonly GitlabName[] = ['kind', 'object', 'project', 'defaultBranch', 'user', 'url', 'title']
const gitlabNames = {
  merge_request: [
    ...['action', 'state', 'branch', 'sha', 'iid', 'mergeRequest'],
    ...['sourceBranch', 'sourceProject', 'targetBranch', 'fork', 'protected']
  ],
  push: ['branch', 'sha', 'protected'],
  tag_push: ['tag', 'sha', 'protected'],
  pipeline: [
    ...['state', 'branch', 'tag', 'sha', 'iid', 'protected', 'pipelineSource', 'schedule', 'parent'],
    ...['mergeRequest', 'sourceBranch', 'targetBranch', 'fork']
  ],
  deployment: ['state', 'environment', 'ref', 'commit', 'protected'],
  release: ['action', 'tag', 'sha', 'protected']
} as const satisfies Readonly<Record<string, readonly GitlabName[]>>

/** Kinds of GitLab's webhooks that become events. */
export const gitlabKinds = Object.keys(gitlabNames) as readonly (keyof typeof gitlabNames)[]

/** What conditions may read of a webhook of GitLab of this kind. */
export const namesOfGitlab = (kind: keyof typeof gitlabNames): readonly string[] => [
  ...always,
  ...everyKind,
  ...gitlabNames[kind]
]

/** Attributes and data side by side, as conditions read them: `event.type`, `event.project`, `event.branch`; null where it is not known. */
export function readable({ data, ...attributes }: Event): Readonly<Record<string, unknown>> {
  const names = data.kind === 'gitlab' ? gitlabNames[gitlabKinds.find((kind) => kind === data.object)!] : []
  const unsaid = Object.fromEntries((names ?? []).map((name) => [name, null]))
  return { ...unsaid, ...attributes, ...data }
}
