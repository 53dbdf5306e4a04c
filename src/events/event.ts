/** What happened, normalised. The attribute names are those of CloudEvents; everything in it is plain JSON. */
export interface Event {
  /** Unique for ever: for OpenStack `<message_id>/<event_type>#<n>`, n = place in a bulk notification, from 0. */
  readonly id: string
  /** `/openstack/<cloud>/<region>/<service>`, or `/stackreflex/<part>` for the product's own hints. */
  readonly source: string
  /** The sender's own event type, e.g. `compute.instance.create.end`. */
  readonly type: string
  /** Id of the resource that it is about; null where it is about none. */
  readonly subject: string | null
  /** RFC 3339, UTC. */
  readonly time: string
  /** Id of the Keystone project that owns the resource (not the caller's project); null where unknown. */
  readonly project: string | null
  /** `req-…` of the call that caused it; null where the sender does not say. */
  readonly requestId: string | null
  /** `req-…` that the caller sent along (X-Openstack-Request-Id): how we recognise what we caused ourselves. */
  readonly globalRequestId: string | null
  /** Keystone's id of the user who made the call; left out or null where the sender does not say. */
  readonly userId?: string | null
  /** What Keystone called whoever made the call, then; a name is no identity. */
  readonly userName?: string | null
  readonly data: EventData
}

/** What policies use of an event, by the kind of resource; `none` where no policy uses anything yet. */
export type EventData =
  | ServerData
  | PortData
  | FloatingIpData
  | LoadBalancerData
  | RecordsetData
  | ZoneData
  | PartData
  | HintData
  | PersonData
  | QuotaRequestData
  | GitlabData
  | SlackData
  | NoData

export interface ServerData {
  readonly kind: 'server'
  readonly name: string | null
  /** Set when this event renamed the server. */
  readonly oldName: string | null
  /** Nova's vm_state in lower case (`active`, `deleted`, …), null where not said. */
  readonly state: string | null
  readonly addresses: readonly string[]
}

export interface PortData {
  readonly kind: 'port'
  /** Id of the server where `deviceOwner` starts with `compute:`; null where not said. */
  readonly deviceId: string | null
  readonly deviceOwner: string | null
  readonly networkId: string | null
  readonly addresses: readonly string[]
}

export interface FloatingIpData {
  readonly kind: 'floatingip'
  readonly address: string | null
  readonly fixedAddress: string | null
  readonly portId: string | null
}

export interface LoadBalancerData {
  readonly kind: 'loadbalancer'
  /** As it was when the change began: of a rename, the old name. */
  readonly name: string | null
  readonly address: string | null
  /** Id of the port that holds the address. */
  readonly portId: string | null
  readonly networkId: string | null
}

export interface RecordsetData {
  readonly kind: 'recordset'
  readonly zoneId: string | null
  /** Fully qualified, with the trailing dot, lower case. */
  readonly name: string | null
  readonly type: string | null
}

export interface ZoneData {
  readonly kind: 'zone'
  readonly name: string | null
}

/** A part of another resource, or one whose kind its type does not tell. */
export interface PartData {
  readonly kind: 'part'
  /**
   * `security-group` of a rule, `person` or `group` that a role was given to or taken from, `application-credential`,
   * `network` that an RBAC policy is about.
   */
  readonly of: 'security-group' | 'person' | 'group' | 'application-credential' | 'network'
  /** Its id; of an application credential `<user id>/<id>`. */
  readonly id: string
}

/** The product's own nudge: this lane may need a look, because of these resources. Never a fact about the world. */
export interface HintData {
  readonly kind: 'hint'
  readonly policy: string
  readonly lane: string
  readonly reason: string
  /** Ids of the resources that the lane should look at. */
  readonly resources: readonly string[]
}

/** What a person did to the product: who, what, to what, and what they said. */
export interface PersonData {
  readonly kind: 'person'
  /** As authenticated. */
  readonly actor: string
  readonly did: 'approve' | 'reject' | 'stop' | 'resume' | 'undo' | 'again' | 'unpark' | 'restart' | 'reload'
  /** The approval, cluster, action, decision, lane, or service (`erpnext`, `erpnext on prod`). */
  readonly about: string
  readonly reason: string | null
}

/** Quota that a person asks for, or does not need any longer. */
export interface QuotaRequestData {
  readonly kind: 'quota-request'
  /** As authenticated. */
  readonly actor: string
  readonly policy: string
  readonly lane: string
  readonly cluster: string
  readonly resource: string
  readonly amount: number
  /** ms since the epoch; null: lasting. */
  readonly until: number | null
  readonly reason: string | null
  /** The request whose time is over with this one; null: it is a new request. */
  readonly ends: number | null
}

/** A webhook of GitLab, cut down to what policies use. */
export interface GitlabData {
  readonly kind: 'gitlab'
  /** GitLab's own `object_kind` (`merge_request`, `push`, `tag_push`, `pipeline`, `deployment`, `release`, …). */
  readonly object: string
  /** `path_with_namespace` of the project that the event belongs to (for merge requests the target). */
  readonly project: string | null
  readonly defaultBranch: string | null
  /** `object_attributes.action`, `action` of a release; null where the kind has none. */
  readonly action: string | null
  /** State of a merge request, status of a pipeline or deployment. */
  readonly state: string | null
  /** Target branch of a merge request; branch of a push or pipeline, without refs/heads/. */
  readonly branch: string | null
  readonly tag: string | null
  /** What is on the branch by now: merge or squash commit, `after` of a push. */
  readonly sha: string | null
  /** Number in the project: of a merge request or pipeline. */
  readonly iid: number | null
  readonly environment: string | null
  /** User name of who did it. */
  readonly user: string | null
  readonly url: string | null
  /** At most 200 characters. */
  readonly title: string | null
}

/** A slash command or a pressed button of Slack; what it may do is decided by who it is from. */
export interface SlackData {
  readonly kind: 'slack'
  readonly what: 'command' | 'button'
  readonly team: string
  /** Slack's id of the user, e.g. `U012AB3CD`: names can be chosen freely. */
  readonly user: string
  readonly channel: string | null
  /** What was typed behind the command, or the words that the button stands for (`approve 7`). */
  readonly words: string
}

export interface NoData {
  readonly kind: 'none'
}

/** Something that was received and deliberately not made an event; kept as a narrow row without payload. */
export interface Ignored {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string | null
  readonly time: string
  readonly project: string | null
  readonly reason: string
}

/** The answer of every normaliser: nothing throws, nothing is dropped without a reason. */
export type Normalised =
  | { readonly ok: true; readonly events: readonly Event[]; readonly ignored: readonly Ignored[] }
  /** Not a message of this sender at all: goes to the dead letters with this reason. */
  | { readonly ok: false; readonly reason: string }
