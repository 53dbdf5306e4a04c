import type { Static, TSchema } from 'typebox'
import type { Action } from '../../core/action.ts'
import type { Configured, Decision, Lane, Policy, Sweep } from '../../core/policy.ts'
import type { AnswersTo, Needs } from '../../core/query.ts'
import type { Question } from './define-question.ts'
import type { Tools } from './tools.ts'

/** An action, whatever its input is. */
type AnyAction = Action<Tools>

/** What a policy asks and can do: the registries of questions and actions are made of it. */
interface Parts {
  readonly questions: readonly Question[]
  /** The actions that it plans, and those that take them back. */
  readonly performs: readonly AnyAction[]
}

/** Any defined policy, as `src/policies/index.ts` lists it. */
export interface ListedPolicy extends Policy, Parts {
  as?(name: string): ListedPolicy
}

/** A defined policy: settings, queries and answers have their types. */
export interface DefinedPolicy<Settings, Asked, SweepAsked>
  extends Policy<Settings, AnswersTo<Asked>, AnswersTo<SweepAsked>>,
    Parts {
  needs(lane: Lane, settings: Settings): Asked & Needs
  readonly sweep: {
    needs(settings: Settings): SweepAsked & Needs
    compare: Sweep<Settings, AnswersTo<SweepAsked>>['compare']
  } | null
  as?(name: string): DefinedPolicy<Settings, Asked, SweepAsked>
}

type Given = 'name' | 'kind' | 'spans' | 'idle' | 'through' | 'tells'

interface PolicyDefinition<Schema extends TSchema, Name extends string, Asked, SweepAsked, More>
  extends Pick<Policy<Static<Schema>>, Given> {
  /** The schema of its settings, which says their type as well. */
  readonly settings: Schema
  /** What its settings get from the rest of the configuration. */
  complete?(configured: Configured): More & object
  /** The questions that `needs` may ask; another one does not compile. */
  readonly questions: readonly Question<Name>[]
  /** The actions that it plans; limits and windows name them. */
  readonly actions: readonly AnyAction[]
  /** Actions that only take those back. */
  readonly inverses?: readonly AnyAction[]
  /** Mistakes that the schema cannot see; left out: there are none. */
  check?: Policy<Static<Schema>>['check']
  /** How long a lane waits for more events, after its last and at most after its first; left out: it does not. */
  readonly quietMs?: number
  readonly maxMs?: number
  readonly lanes: Policy<Static<Schema> & More>['lanes']
  needs(lane: Lane, settings: Static<Schema> & More): Asked
  decide(lane: Lane, answers: AnswersTo<Asked>, settings: Static<Schema> & More): Decision
  /** Left out: there is nothing to compare. */
  readonly sweep?: {
    needs(settings: Static<Schema> & More): SweepAsked
    compare: Sweep<Static<Schema> & More, AnswersTo<SweepAsked>>['compare']
  }
}

/**
 * Defines a policy: what wakes it (`lanes`), what it asks (`needs`) and what it makes of the answers (`decide`). `decide`
 * gets the settings of the schema, and by the names that `needs` gave to its queries the answers of those questions.
 */
export function definePolicy<
  Schema extends TSchema,
  const Name extends string,
  Asked extends Needs<Name>,
  SweepAsked extends Needs<Name> = Record<never, never>,
  More = unknown
>(
  definition: PolicyDefinition<Schema, Name, Asked, SweepAsked, More>
): DefinedPolicy<Static<Schema> & More, Asked, SweepAsked> {
  const { actions, inverses = [], ...rest } = definition
  return {
    quietMs: 0,
    maxMs: 0,
    check: () => [],
    ...rest,
    actions: actions.map(({ type }) => type),
    performs: [...actions, ...inverses],
    sweep: definition.sweep ?? null
  }
}

/** Makes a policy of which each OpenStack may have an instance: `dns-records@berlin` is `dns-records` with lanes of its own. */
export function forEachOpenstack<Settings, Asked, SweepAsked>(
  name: string,
  make: (name: string) => DefinedPolicy<Settings, Asked, SweepAsked>
): DefinedPolicy<Settings, Asked, SweepAsked> {
  const as = (name: string): DefinedPolicy<Settings, Asked, SweepAsked> => ({ ...make(name), as })
  return as(name)
}
