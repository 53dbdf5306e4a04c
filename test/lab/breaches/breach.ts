import type { Stage } from '../stage.ts'

/** One rule, and how somebody breaks it through the API. */
export interface Breach {
  readonly rule: string
  /** Where a rule can be broken in several ways: how, in a word. */
  readonly how?: string
  /** Whether a notification tells, or only the next sweep can see it. */
  readonly by: 'event' | 'sweep'
  /** false: nothing closes it by itself, it is told. */
  readonly closes?: false
  /** false: nothing can take the remedy back. */
  readonly undo?: false
  /** Makes ready what the breach needs, and breaks nothing; a string says why this lab cannot. */
  ready(stage: Stage): Promise<Ready | string>
}

export interface Ready {
  /** Breaks it; resolves with the API's answer. */
  readonly breaks: () => Promise<unknown>
  /** Part of the breaching resource as the product names it, once it is broken. */
  readonly resource: () => string
  /** The call that closes it, as method and path; never for one that is only told. */
  readonly closing: () => string | Promise<string>
  /** Whether it is open, read from the API. */
  readonly isOpen: () => Promise<boolean>
}

/** Answers whether the service finds it. */
export async function exists(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if ((error as { status?: number }).status === 404) return false
    throw error
  }
}
