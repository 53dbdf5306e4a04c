import type { Json, Query } from '../../../core/query.ts'
import type { SubjectKind } from './subjects.ts'

/** What of the configuration has to be found in the services; names are ids, `<cluster>/<name>`, or bare. */
export interface MatrixParams {
  /** The clouds.yaml entry that sees all projects. */
  readonly cloud: string
  readonly clusters: Readonly<
    Record<
      string,
      {
        /** null: all that its project owns. */
        readonly networks: readonly string[] | null
        readonly volumeTypes: readonly string[]
        /** User ids, or `name@domain`. */
        readonly admins: readonly string[]
        readonly images?: readonly string[]
        /** Networks that its floating IPs may come from. */
        readonly floatingPools?: readonly string[]
      }
    >
  >
  readonly shared: {
    readonly networks: readonly string[]
    readonly volumeTypes: readonly string[]
    readonly images: readonly string[]
  }
  /** As admins. */
  readonly operators: readonly string[]
}

/** The question: which ids are behind the names of the matrix? Answered with a `MatrixAnswer`. */
export function matrixQuery(params: MatrixParams): Query {
  return { name: 'isolation-matrix', params: params as unknown as Json }
}

/**
 * The question: what is this resource like now? Answered with a `Subject`, or null where it does not exist (a 404, not a
 * failed read). An application credential's id is `<user id>/<id>`.
 */
export function subjectQuery(cloud: string, kind: SubjectKind, id: string): Query {
  return { name: 'isolation-subject', params: { cloud, kind, id } }
}

/** The question: which breaches of this lane does the journal hold as not over? Answered with `KnownBreach[]`. */
export function knownQuery(policy: string, lane: string): Query {
  return { name: 'isolation-known', params: { policy, lane } }
}

/** The question: what is there, all of it? Answered with an `IsolationWorldAnswer`. */
export function isolationWorldQuery(policy: string, params: MatrixParams): Query {
  return { name: 'isolation-world', params: { policy, ...params } as unknown as Json }
}
