/** What a controller says of an object that it has looked at. */
export interface Handling {
  /** `waits`: it is not there yet, and its controller goes on by itself. */
  readonly state: 'done' | 'waits' | 'failed'
  readonly sentence: string
}
