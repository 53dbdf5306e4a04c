/** What happened, normalised. The attribute names are those of CloudEvents; everything in it is plain JSON. */
export interface Event {
  /** Unique for ever: for OpenStack `<message_id>/<event_type>#<n>`, n = place in a bulk notification, from 0. */
  readonly id: string
  /** `/openstack/<openstack>/<region>/<service>`, or `/stackreflex/<part>` for the product's own hints. */
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

/** Stands for a time that the sender does not say, wherever the same message must have the same time each time it comes. */
export const unknownTime = '1970-01-01T00:00:00Z'

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

/** What policies use of an event about a server. */
export interface ServerData {
  readonly kind: 'server'
  readonly name: string | null
  /** Set when this event renamed the server. */
  readonly oldName: string | null
  /** Nova's vm_state in lower case (`active`, `deleted`, …), null where not said. */
  readonly state: string | null
  readonly addresses: readonly string[]
}

/** What policies use of an event about a port. */
export interface PortData {
  readonly kind: 'port'
  /** Id of the server where `deviceOwner` starts with `compute:`; null where not said. */
  readonly deviceId: string | null
  readonly deviceOwner: string | null
  readonly networkId: string | null
  readonly addresses: readonly string[]
}

/** What policies use of an event about a floating IP. */
export interface FloatingIpData {
  readonly kind: 'floatingip'
  readonly address: string | null
  readonly fixedAddress: string | null
  readonly portId: string | null
}

/** What policies use of an event about a load balancer. */
export interface LoadBalancerData {
  readonly kind: 'loadbalancer'
  /** As it was when the change began: of a rename, the old name. */
  readonly name: string | null
  readonly address: string | null
  /** Id of the port that holds the address. */
  readonly portId: string | null
  readonly networkId: string | null
}

/** What policies use of an event about a record set. */
export interface RecordsetData {
  readonly kind: 'recordset'
  readonly zoneId: string | null
  /** Fully qualified, with the trailing dot, lower case. */
  readonly name: string | null
  readonly type: string | null
}

/** What policies use of an event about a zone. */
export interface ZoneData {
  readonly kind: 'zone'
  readonly name: string | null
}

/** A part of another resource, or one whose kind its type does not tell. */
export interface PartData {
  readonly kind: 'part'
  /**
   * `security-group` of a rule, `person` or `group` that a role was given to or taken from, `application-credential`,
   * `network` that an RBAC policy is about or a subnet is in, `floating-ip` of a port forwarding, or the `port` behind it.
   */
  readonly of: 'security-group' | 'person' | 'group' | 'application-credential' | 'network' | 'floating-ip' | 'port'
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
  /** Who asked for the look that came to this hint; left out: nobody did. */
  readonly requesters?: readonly string[]
}

/** What a person did to the product: who, what, to what, and what they said. */
export interface PersonData {
  readonly kind: 'person'
  /** As authenticated. */
  readonly actor: string
  readonly did: 'approve' | 'reject' | 'stop' | 'resume' | 'undo' | 'again' | 'unpark' | 'restart' | 'reload' | 'accept'
  /** The approval, cluster, `journal` or `clock`, action, decision, lane, or service (`erpnext`, `erpnext on prod`). */
  readonly about: string
  readonly reason: string | null
  /** Id of the call of Slack in which it was said; left out where it was said elsewhere. */
  readonly via?: string
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
  /** Id of the call of Slack in which it was said; left out where it was said elsewhere. */
  readonly via?: string
}

/**
 * A webhook of GitLab, cut down to what policies use. Names that may be left out are not in what older versions journalled;
 * `gitlabNames` says which of them a kind has.
 */
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
  /**
   * The branch of `project` whose own event it is, without refs/heads/: what was pushed to, merged into, or ran as a whole.
   * Null for what is only about to come to it, or comes from elsewhere.
   */
  readonly branch: string | null
  /** The tag whose own event it is. */
  readonly tag: string | null
  /** A commit that lies on `branch`, or that `tag` points to; null where GitLab does not say one that surely does. */
  readonly sha: string | null
  /** Number in the project: of a merge request or pipeline. */
  readonly iid: number | null
  readonly environment: string | null
  /** User name of who did it. */
  readonly user: string | null
  /** User names of whoever else may have wanted it: its author, those that it is assigned to. */
  readonly people?: readonly string[]
  readonly url: string | null
  /** At most 200 characters. */
  readonly title: string | null
  /** Of a merge request, or of the one that a pipeline runs for: whatever whoever opened it called it. */
  readonly sourceBranch?: string | null
  /** `path_with_namespace` of the project that a merge request comes from. */
  readonly sourceProject?: string | null
  /** Where a merge request would go, merged or not. */
  readonly targetBranch?: string | null
  /** `source` of a pipeline: `push`, `web`, `schedule`, `merge_request_event`, …; null where GitLab does not say. */
  readonly pipelineSource?: string | null
  /** Whether the branch or tag is protected in GitLab; null where GitLab does not say. */
  readonly protected?: boolean | null
  /** Whether what it is about comes from another project than `project`; null where GitLab does not say. */
  readonly fork?: boolean | null
  /** The pipeline that started this one, as `<project>/-/pipelines/<id>`; null where none did. */
  readonly parent?: string | null
  /** Whether a schedule started the pipeline; null where GitLab does not say. */
  readonly schedule?: boolean | null
  /** Number of the merge request that it is, or that a pipeline runs for; null where it is for none. */
  readonly mergeRequest?: number | null
  /** What a deployment is said to be of: a branch or a tag, GitLab does not say which. */
  readonly ref?: string | null
  /** The commit that a deployment is said to be of; it may lie on any branch. */
  readonly commit?: string | null
  /** The same for each webhook that tells of what happened; null where that cannot be known. */
  readonly happening?: string | null
  /** Of a push: the commit before and behind it, zeros for none. */
  readonly moved?: { readonly from: string; readonly to: string } | null
}

/** A slash command or a pressed button of Slack; what it may do is decided by who it is from. */
export interface SlackData {
  readonly kind: 'slack'
  readonly what: 'command' | 'button'
  readonly team: string
  /** Slack's id of the user, e.g. `U012AB3CD`: names can be chosen freely. */
  readonly user: string
  /** What Slack calls the user, for people to read; null where it does not say. Nobody is known by it. */
  readonly userName?: string | null
  /** Who that is to the guard, as the configuration said when the call came in. */
  readonly actor?: string
  readonly channel: string | null
  /** What was typed behind the command, or the words that the button stands for (`approve 7`). */
  readonly words: string
}

/** An event of which no policy uses anything beside its attributes. */
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

/** The OpenStack whose service an event is from; null: it is from elsewhere. */
export const openstackOf = (source: string): string | null => /^\/openstack\/([^/]+)\//.exec(source)?.[1] ?? null
