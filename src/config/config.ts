import type { ApprovalRules, ClusterRules, GuardRules } from '../core/guard-rules.ts'
import type { Mode } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import type { Role } from './checks.ts'
import type { GitlabSecret } from './gitlab-secret.ts'
import type { WrittenConfig } from './schema.ts'

/** Everything that an operator decides; made once at start, frozen, and handed to whoever needs a part of it. */
export interface Config {
  readonly clusters: readonly Cluster[]
  readonly notifications: readonly BrokerConfig[]
  /** Only those that are mentioned; one that is not is off. */
  readonly policies: readonly PolicyConfig[]
  /** Everything that the guard goes by. */
  readonly guard: GuardRules
  /** `afterUndoMs`: what a person undid is left alone for so long. */
  readonly limits: { readonly afterUndoMs: number }
  readonly approvals: ApprovalRules
  /** Groups that may stop, resume, undo, replay and unpark; empty: nobody but users of this machine. */
  readonly access: { readonly operate: readonly string[] }
  readonly tokens: readonly Token[]
  readonly gitlab: {
    readonly secrets: readonly GitlabSecret[]
    /** Where what webhooks claim is read, with a token that may only read; left out: nowhere. */
    readonly api?: { readonly url: string; readonly token: string }
    /** Actors by GitLab's user names. */
    readonly users: Readonly<Record<string, string>>
  }
  /** null: no Slack. */
  readonly slack: SlackConfig | null
  /** Service → the clusters where it may run. */
  readonly placement: Readonly<Record<string, readonly string[]>>
  readonly sweep: { readonly everyMs: number; readonly atStart: boolean }
  readonly journal: { readonly path: string; readonly keepMs: number; readonly keepIdsMs: number }
  /** `hosts`: names besides loopback under which a proxy in front may ask. */
  readonly http: { readonly host: string; readonly port: number; readonly hosts: readonly string[] }
  readonly log: { readonly level: WrittenConfig['log']['level'] }
  readonly roles: readonly Role[]
}

/** One Keystone project, reached with its own entry of clouds.yaml. */
export interface Cluster {
  readonly name: string
  readonly cloud: string
  /** The OpenStack that it is in; null: nothing says, and there is one at most, or nobody asks. */
  readonly openstack: string | null
  readonly tier: 'bursty' | 'change-controlled' | 'always-on'
  readonly rules: ClusterRules
  /** How its Kubernetes is reached; null: not at all. */
  readonly kubernetes: KubernetesConfig | null
}

/** How the Kubernetes of a cluster is reached: by a context of a kubeconfig file, or as the pod that this process runs in. */
export type KubernetesConfig = { readonly kubeconfig: string; readonly context?: string } | { readonly inCluster: true }

/** The Slack app: its secrets, the workspace that it is installed in, and who its users are to the guard. */
export interface SlackConfig {
  readonly signingSecrets: readonly string[]
  readonly botToken: string | null
  readonly team: string
  readonly channel: string | null
  /** By Slack's user id: who that is to the guard. */
  readonly users: Readonly<Record<string, { readonly actor: string; readonly groups: readonly string[] }>>
  /** By the id of a user group of Slack: which groups of the guard whoever is in it has. */
  readonly userGroups: Readonly<Record<string, readonly string[]>>
  readonly apiUrl: string
  readonly responseHosts: readonly string[]
}

/** Who a bearer token stands for. */
export interface Token {
  readonly actor: string
  readonly groups: readonly string[]
  /** `read`: it never changes anything, whatever its groups; left out: its groups say what it may do. */
  readonly role?: 'read' | 'person'
  /** When it stops being one, in ms since the epoch; null or left out: never. */
  readonly expiresAt?: number | null
  /** Of the token, in hex; empty where secrets were not looked up. */
  readonly sha256: string
}

/** One message broker of an OpenStack. */
export interface BrokerConfig {
  /** The name of this OpenStack, also in event sources: `/openstack/<openstack>/<region>/<service>`. */
  readonly openstack: string
  readonly region: string
  /** oslo's `transport_url`, or an AMQP URL. Holds the password: never log it. */
  readonly url: string
  /** Paths of PEM files, for amqps: who signed the broker's certificate; our own, and its key. */
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly exchanges: readonly string[]
  readonly topics: readonly string[]
  readonly queue: string
  readonly allowPublisherQueue: boolean
  readonly prefetch: number
  /** No notification for so long is a warning. */
  readonly silenceMs: number
  readonly maxLength: number
  /** Bytes of the queue; beyond, the broker drops the oldest. */
  readonly maxBytes: number
}

/** One entry of `policies`. */
export interface PolicyConfig {
  /** That of an instance has its OpenStack behind an `@`. */
  readonly name: string
  /** Whose events and clusters alone it looks after; null: all. */
  readonly openstack: string | null
  readonly mode: Mode
  /** Where the mode differs. */
  readonly clusters: Readonly<Record<string, Mode>>
  /** Valid by the policy's own schema, with its defaults. */
  readonly settings: Json
}
