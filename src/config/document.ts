import { isCollection, isMap, LineCounter, type Node, parseDocument, visit } from 'yaml'

/** Where a value is in a document: keys and indexes. */
export type Path = readonly (string | number)[]

/** Line and column, from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A YAML file as plain values, and where each of them was written. */
export interface SourceDocument {
  readonly root: unknown
  readonly mistakes: readonly (Position & { readonly message: string })[]
  /** Where the value is, or its key; the nearest parent that is written down, where it is not. */
  at(path: Path, part: 'key' | 'value'): Position
}

/** What the parser says, without what it quotes: that may be a password. */
export const unquoted = (message: string): string => message.split('\n')[0]!.replace(/: .*$/, '')

/** As much as can be made out of a file that may be wrong: never to be taken for a configuration. */
export function readLoosely(text: string): unknown {
  try {
    return parseDocument(text, { prettyErrors: false, logLevel: 'silent' }).toJS()
  } catch {
    return null
  }
}

/** Parses YAML, and remembers where each value is. */
export function readDocument(text: string): SourceDocument {
  const lines = new LineCounter()
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  // Not prettyErrors, nor the library's warnings: those quote the line, and the line may hold a password.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const mistakes = [...document.errors, ...document.warnings].map((error) => ({
    ...position(error.pos[0]),
    message: unquoted(error.message)
  }))
  visit(document, {
    Pair(_, { key }) {
      if (isCollection(key))
        mistakes.push({ ...position(key.range?.[0] ?? 0), message: 'a key is a map or a list; a key has to be text' })
    }
  })
  let root: unknown = null
  try {
    if (mistakes.length === 0) root = document.toJS()
  } catch (error) {
    mistakes.push({ line: 1, column: 1, message: unquoted((error as Error).message) })
  }

  const nodeAt = (path: Path): Node | null => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true)
    return (node as Node | null | undefined) ?? null
  }
  const at = (path: Path, part: 'key' | 'value'): Position => {
    const key = path.at(-1)
    if (part === 'key' && key !== undefined) {
      const parent = nodeAt(path.slice(0, -1))
      const pair = isMap(parent)
        ? parent.items.find((item) => (item.key as { value?: unknown })?.value === key)
        : undefined
      const range = (pair?.key as Node | undefined)?.range
      if (range) return position(range[0])
    }
    const range = nodeAt(path)?.range
    if (range) return position(range[0])
    return path.length === 0 ? { line: 1, column: 1 } : at(path.slice(0, -1), part)
  }
  return { root, mistakes, at }
}
