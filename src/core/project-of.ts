import type { Json } from './query.ts'

/** Names the project that something is of, as a step or what it applied says; null where it says none. */
export function projectOf(said: Json): string | null {
  const project = (said as { readonly project?: unknown } | null)?.project
  return typeof project === 'string' ? project : null
}
