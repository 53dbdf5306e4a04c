/** Anything that can be journalled: the middle of the product speaks nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** `Form` where it can be journalled; what has no JSON (a function, a Map) is refused by the compiler. */
export type JsonForm<Form> = [Form] extends [Json | undefined]
  ? Form
  : Form extends null | undefined | boolean | number | string
    ? Form
    : Form extends (...given: never[]) => unknown
      ? never
      : Form extends object
        ? { readonly [Key in keyof Form]: JsonForm<Form[Key]> }
        : never

declare const answered: unique symbol

/** A question that a policy asks before it decides, as data; made and answered by what `defineQuestion` returns. */
export interface Query<Answer = unknown, Name extends string = string> {
  readonly name: Name
  readonly params: Json
  /** Never there: the type of the answer, for the compiler. */
  readonly [answered]?: Answer
}

/** A round of questions, by the policy's own names for them; one that is undefined is not asked. */
export type Needs<Name extends string = string> = Readonly<Record<string, Query<unknown, Name> | undefined>>

type AnswerTo<Asked> = Asked extends Query<infer Answer> ? Answer : undefined
type KeysOf<Asked> = Asked extends unknown ? keyof Asked : never

/**
 * The answers to one round of questions, each of its question's own type. Where a policy asks different rounds of different
 * lanes, what one of them does not ask is undefined there, so that a look at one answer tells which round it is.
 */
export type AnswersTo<Asked, Rounds = Asked> = Asked extends unknown
  ? { readonly [Key in keyof Asked]: AnswerTo<Asked[Key]> } & {
      readonly [Key in Exclude<KeysOf<Rounds>, keyof Asked>]?: undefined
    }
  : never

/** The same as they are journalled. */
export type Answers = Readonly<Record<string, Json>>

/** Returns the questions of a round that are asked. */
export const askedOf = (needs: Needs): readonly (readonly [string, Query])[] =>
  Object.entries(needs).flatMap(([name, query]) => (query === undefined ? [] : [[name, query] as const]))
