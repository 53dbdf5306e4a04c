/** Why something is not done. */
type No = 'unknown' | 'refused' | 'conflict' | 'unconfirmed'

/**
 * An operation's answer: `unknown` = there is no such thing, `refused` = not you, `conflict` = not (any more) possible, `unconfirmed` =
 * only where it is said once more.
 */
export type Answer<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly why: No; readonly reason: string }

/** Makes a refusal, with the sentence that says why. */
export const no = (why: No, reason: string) => ({ ok: false, why, reason }) as const
