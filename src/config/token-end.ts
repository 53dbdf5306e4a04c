const day = 86_400_000

/** So long before its end a token is warned about. */
const warnBeforeMs = 14 * day

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
