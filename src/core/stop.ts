/** A stop (kill switch) that somebody set: nothing is changed; stops of several people are in force beside each other. */
export interface Stop {
  readonly id: number
  /** null: everything. */
  readonly cluster: string | null
  readonly by: string
  readonly at: number
  readonly reason: string
  /** It is in force and not in the journal: why, and how it is lifted. Left out: it is written. */
  readonly memory?: string
}

/** Which stop is meant: that of a cluster (null: of everything), or one by its number. */
export type WhichStop = { readonly cluster: string | null } | { readonly stop: number }
