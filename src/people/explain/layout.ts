import { plain } from '../../base/plain.ts'

/** Columns of text where the reader says nothing else. */
export const WIDTH = 110
/** `12:00:01.123  ` and `decision 123   `: where the text begins. */
const LABEL = 15
const INDENT = 14 + LABEL

/** One thing that happened: when, what, and lines about it. */
export interface TimelineEntry {
  readonly at: string
  readonly label: string
  readonly lines: readonly string[]
}

/** Breaks between words; a line that goes on is not indented here. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plain(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Renders entries in order of time, under a line for each day. */
export function renderEntries(entries: readonly TimelineEntry[], width: number): string[] {
  // Stable: what happened in one millisecond stays in the order of the chain.
  const ordered = entries.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const out: string[] = []
  let day = ''
  for (const entry of ordered) {
    if (entry.at.slice(0, 10) !== day) {
      if (day !== '') out.push('')
      day = entry.at.slice(0, 10)
      out.push(day)
    }
    out.push(...renderEntry(entry, width))
  }
  return out
}

function renderEntry({ at, label, lines }: TimelineEntry, width: number): string[] {
  const wrapped = lines.flatMap((line) => wrap(line, width - INDENT).map((text, i) => (i === 0 ? text : `  ${text}`)))
  return wrapped.map((text, i) =>
    `${i === 0 ? `${at.slice(11, 23)}  ${label.padEnd(LABEL)}` : ' '.repeat(INDENT)}${text}`.trimEnd()
  )
}
