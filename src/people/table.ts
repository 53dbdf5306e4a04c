import { plain } from '../base/plain.ts'

/** Less of it is no column to read in. */
const least = 24

/**
 * Lays rows of text out in columns; the last column is as long as it is. Where that is wider than the terminal (`columns`), the last
 * column goes on below itself; where even that has no room, each row is told as lines of its own, under the headings.
 */
export function table(rows: readonly (readonly string[])[], columns = Number.POSITIVE_INFINITY): string {
  const clean = rows.map((row) => row.map(plain))
  const widths = clean[0]?.map((_, n) => Math.max(...clean.map((row) => row[n]?.length ?? 0))) ?? []
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  const last = widths.at(-1) ?? 0
  if (before + last <= columns) return lines(clean, widths)
  if (columns - before >= least)
    return lines(
      clean.flatMap((row) => below(row, columns - before)),
      widths
    )
  return listed(clean, columns)
}

const lines = (rows: readonly (readonly string[])[], widths: readonly number[]): string =>
  rows
    .map((row) => row.map((cell, n) => cell.padEnd(widths[n] ?? 0)))
    .map((row) => `${row.join('  ').trimEnd()}\n`)
    .join('')

const below = (row: readonly string[], width: number): readonly (readonly string[])[] =>
  folded(row.at(-1) ?? '', width).map((line, n) => [...row.slice(0, -1).map((cell) => (n === 0 ? cell : '')), line])

function listed([headings = [], ...rows]: readonly (readonly string[])[], columns: number): string {
  const widest = Math.max(...headings.map(({ length }) => length))
  const told = rows.map((row) =>
    row.map((cell, n) => [headings[n] ?? '', cell]).flatMap((one) => below(one, columns - widest - 2))
  )
  return told.map((one) => lines(one, [widest, 0])).join('\n')
}

/** Between words: an id that is broken cannot be copied. */
function folded(text: string, width: number): readonly string[] {
  const found: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      found.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...found, line]
}
