import type { TSchema } from 'typebox'
import { changing } from './changing.ts'
import { others } from './others.ts'
import { asking } from './reading.ts'

/** What is promised of a route: what it may be asked, and what it answers, by status or media type. */
export interface Contract {
  readonly summary: string
  readonly querystring?: TSchema
  readonly params?: TSchema
  readonly body?: TSchema
  /** The JSON of a 200 (of others too: `/readyz`). */
  readonly answer?: TSchema
  readonly alsoOn?: number
  /** Answers of other media types. */
  readonly media?: readonly string[]
  /** The media type of what is sent where it is no JSON. */
  readonly takes?: string
}

/** By method and path, as in roles.ts. */
export const contracts = { ...asking, ...changing, ...others } satisfies Readonly<Record<string, Contract>>

/** The contracts of all routes, by method and path. */
export type Contracts = typeof contracts

/** Returns the contract of a route; undefined where it has none. */
export const contractOf = (route: string): Contract | undefined =>
  Object.hasOwn(contracts, route) ? (contracts as Readonly<Record<string, Contract>>)[route] : undefined
