const day = 86_400_000

/** When a token of `expires` stops being one, in ms since the epoch: the end of that day in UTC, or that instant; NaN: no calendar has it. */
export function tokenEnd(expires: string): number {
  const date = expires.slice(0, 10)
  const begin = Date.parse(`${date}T00:00:00Z`)
  // 2027-02-31 is otherwise taken for the third of March.
  if (Number.isNaN(begin) || new Date(begin).toISOString().slice(0, 10) !== date) return Number.NaN
  return expires.length === 10 ? begin + day : Date.parse(expires)
}

/** So long before its end a token is warned about. */
export const warnBeforeMs = 14 * day

interface Ending {
  readonly actor: string
  readonly expiresAt?: number | null
}

/** A sentence for each token that is no longer one, or soon will not be. */
export function endingTokens(tokens: readonly Ending[], now: number): readonly string[] {
  return tokens.flatMap(({ actor, expiresAt = null }) => {
    if (expiresAt === null || expiresAt - now > warnBeforeMs) return []
    const at = new Date(expiresAt).toISOString()
    if (expiresAt <= now)
      return [`the token of ${actor} ran out at ${at}: make a new one, or take its line out of reflex.yaml`]
    const days = Math.floor((expiresAt - now) / day)
    const left = days === 0 ? 'within a day' : days === 1 ? 'in 1 day' : `in ${days} days`
    return [`the token of ${actor} runs out ${left}, at ${at}: make a new one (docs/security.md, "Tokens")`]
  })
}
