import { cleanText } from '../../base/error-text.ts'

/** Any JSON object of an API server; whatever is missing or of another type reads as nothing. */
export type Tree = Readonly<Record<string, unknown>>

export const tree = (value: unknown): Tree =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Tree) : {}
export const list = (value: unknown): readonly Tree[] => (Array.isArray(value) ? value.map(tree) : [])
export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
export const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
export const conditions = (status: Tree): readonly Tree[] => list(status.conditions)

export function parts(body: unknown) {
  const { metadata, spec, status } = tree(body)
  return { metadata: tree(metadata), spec: tree(spec), status: tree(status) }
}

/** What a controller says of a thing, which quotes whatever it was told: one clean line. */
export const said = (value: unknown): string | null => {
  const given = text(value)
  return given === null ? null : cleanText(given)
}
