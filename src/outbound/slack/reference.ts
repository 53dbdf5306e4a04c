/** The place of a message in Slack: channel and timestamp. */
export interface Whereabouts {
  readonly channel: string
  readonly ts: string
}

/** Serialises where a message is, for the outbox. */
export const referenceOf = ({ channel, ts }: Whereabouts): string => JSON.stringify({ channel, ts })

/** Parses the reference of an outbox entry into channel and timestamp. */
export const whereaboutsOf = (reference: string): Whereabouts => JSON.parse(reference) as Whereabouts
