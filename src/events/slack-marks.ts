const before = /[\s"'([*_~]/
const after = /[\s"')\].,;:!?*_~]/

/**
 * Without the marks of what is bold, italic, struck or code (`*bold*`, `_italic_`, `~struck~`): a mark at the begin of a word, and the
 * same one at the end of that word or a later one. They may stand within each other. A scan and no pattern: people type
 * anything, and a pattern took time by the fourth power of it.
 */
export function unmarked(text: string): string {
  let now = text
  for (let deep = 0; deep < 4; deep++) {
    const less = once(now)
    if (less === now) break
    now = less
  }
  return now
}

function once(text: string): string {
  // Where no mark of a kind closes any more before this place: whoever opens it later finds none either.
  const closesNot = new Map<string, number>()
  let out = ''
  let from = 0
  let at = 0
  while (at < text.length) {
    const mark = opens(text, at)
    const close = mark === null || at < (closesNot.get(mark) ?? 0) ? -1 : closing(text, mark, at, closesNot)
    if (mark === null || close === -1) {
      at++
      continue
    }
    out += text.slice(from, at) + text.slice(at + mark.length, close)
    at = close + mark.length
    from = at
  }
  return out + text.slice(from)
}

function opens(text: string, at: number): string | null {
  const char = text[at]!
  if (!'*_~`'.includes(char) || (at > 0 && !before.test(text[at - 1]!))) return null
  let length = 1
  if (char === '`') while (text[at + length] === '`') length++
  const next = text[at + length]
  return length > 3 || next === undefined || /\s/.test(next) ? null : char.repeat(length)
}

function closing(text: string, mark: string, open: number, closesNot: Map<string, number>): number {
  const begin = open + mark.length
  // Code ends everything that stands open before it.
  const code = text.indexOf('`', begin)
  const end = code === -1 ? text.length : mark[0] === '`' ? code + mark.length : code
  for (let at = text.indexOf(mark, begin + 1); at !== -1 && at + mark.length <= end; at = text.indexOf(mark, at + 1)) {
    const next = text[at + mark.length]
    if (!/[\s`]/.test(text[at - 1]!) && (next === undefined || after.test(next))) return at
  }
  if (mark[0] !== '`') closesNot.set(mark, end)
  return -1
}
