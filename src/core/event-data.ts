import type { EventData } from '../events/event.ts'
import type { Json } from './query.ts'

/** The data of an event as the journal has it; null: it is pruned, or there was none. */
// The journal holds as JSON what a normaliser made, and nothing else is ever written there.
/** Types the data of a journalled event, which only normalisers have written. */
export const eventDataOf = (data: Json): EventData | null => data as unknown as EventData | null
