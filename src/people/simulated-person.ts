/** Who may approve in the simulated company, so that four eyes can be tried by hand; their Slack names are the same people. */
export const simulatedPeople = ['alice', 'bob'] as const

/** Somebody of the simulated company, with a token that is good for nothing else and for this run alone. */
export interface SimulatedPerson {
  readonly actor: (typeof simulatedPeople)[number]
  readonly groups: readonly string[]
  readonly token: string
}
