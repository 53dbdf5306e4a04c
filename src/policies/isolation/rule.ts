import type { ActionRequest } from '../../core/action.ts'
import type { Layer, Severity } from '../../core/breach.ts'
import type { Json } from '../../core/query.ts'
import type { Subject, SubjectKind } from './questions/subjects.ts'
import type { World } from './world.ts'

/** The subject of a kind. */
export type SubjectOf<K extends SubjectKind> = Extract<Subject, { readonly kind: K }>

/** What a rule found on a subject, before anybody asks whether it may be. */
export interface Fact {
  /** '' where the rule finds one thing at most. */
  readonly detail: string
  /** A cluster's name; `*` where it opens all of them. */
  readonly from: string
  /** A cluster's name, `outside` for projects of no cluster, `unknown` for one that is not said, `*` for everybody. */
  readonly to: string
  readonly summary: string
  /** What it rests on and was not said, in a few words: then it is told, and nothing is done about it. */
  readonly unsure?: string
  /** The other side made it, and how, in a few words: it is told as theirs, and closed there or not at all. */
  readonly blame?: string
  readonly evidence: { readonly [key: string]: Json }
}

/** A rule of isolation: what must not be, how it is reported, and how it is closed. Pure; the table of rules in the docs is made of it. */
export interface Rule<K extends SubjectKind> {
  readonly name: string
  readonly layer: Layer
  readonly kind: K
  readonly severity: Severity
  /** How far it goes unless the configuration says otherwise. */
  readonly mode: 'observe' | 'approve' | 'enforce'
  /** Closing it cuts traffic or access that may be in use: people approve it on change-controlled clusters. */
  readonly cuts: boolean
  readonly what: string
  readonly why: string
  /** Types of the notifications that tell it; empty: none does, only a sweep finds it. */
  readonly events: readonly string[]
  /** The API call that shows it. */
  readonly proof: string
  readonly remedy: string
  readonly undo: string
  judge(subject: SubjectOf<K>, world: World): readonly Fact[]
  /**
   * The steps that close one fact, or why there are none. `facts`: all of this rule that are to be closed, for steps that
   * close several at once; a step that comes out twice is taken once.
   */
  close(
    subject: SubjectOf<K>,
    fact: Fact,
    world: World,
    facts: readonly Fact[]
  ): readonly ActionRequest[] | { readonly none: string }
}

/** A rule whatever its kind; ask only with a subject of that kind. */
export type AnyRule = { readonly [K in SubjectKind]: Rule<K> }[SubjectKind]
