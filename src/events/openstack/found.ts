import type { EventData } from '../event.ts'
import type { JsonObject } from '../json-object.ts'
import type { DataKind } from './kinds.ts'

/** What one notification says about one resource. */
export interface PayloadFacts {
  readonly subject: string | null
  readonly project: string | null
  readonly data: EventData
  /** Why it is not made an event after all. */
  readonly ignored?: string
  /** Where the sender puts them into the payload instead of the context. */
  readonly requestId?: string | null
  readonly globalRequestId?: string | null
  readonly userId?: string | null
}

/** How one service writes its payloads. At least one `PayloadFacts`, more for bulk notifications. */
export type ReadPayload = (payload: unknown, type: string, becomes: DataKind) => readonly PayloadFacts[]

/** The data of an event of which no policy uses anything. */
export const noData: EventData = Object.freeze({ kind: 'none' })

export type { JsonObject }
