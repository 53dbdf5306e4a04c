import { cleanText } from '../../base/error-text.ts'

/** Any JSON object of an API server; whatever is missing or of another type reads as nothing. */
export type Tree = Readonly<Record<string, unknown>>

/** The value as an object; an empty one where it is none. */
export const tree = (value: unknown): Tree =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : {}
/** The value as a list of objects; an empty one where it is none. */
export const list = (value: unknown): readonly Tree[] => (Array.isArray(value) ? value.map(tree) : [])
/** The value as text; null where it is none. */
export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
/** The value as a number; 0 where it is none. */
export const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
/** The status conditions of an object. */
export const conditions = (status: Tree): readonly Tree[] => list(status.conditions)

/** The metadata, spec and status of an object. */
export function parts(body: unknown) {
  const { metadata, spec, status } = tree(body)
  return { metadata: tree(metadata), spec: tree(spec), status: tree(status) }
}

/** What a controller says of a thing, which quotes whatever it was told: one clean line. */
export const said = (value: unknown): string | null => {
  const given = text(value)
  return given === null ? null : cleanText(given)
}
