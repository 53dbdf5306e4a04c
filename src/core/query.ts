/** Anything that can be journalled: the middle of the product speaks nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** A question that a policy asks before it decides; answered by the file of the same name in `src/state/`. */
export interface Query {
  readonly name: string
  readonly params: Json
}

/** The answers to one round of questions, by the policy's own names for them. */
export type Answers = Readonly<Record<string, Json>>
