/**
 * Finds a duplicate key: a key that some object of a JSON text has twice, or null; `value` is what the text was parsed to. JSON lets the last one count
 * and others let the first one: who reads a text before us may have seen another than we do.
 */
export function doubledKey(text: string, value: unknown): string | null {
  // Each key is followed by the only colons outside of texts, and parsing leaves one of two.
  return colonsOf(text) === keysOf(value) ? null : firstDoubled(text)
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** The place behind a text that begins at the quote `at`. */
function behind(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return text.length
}

function colonsOf(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code === colon) count++
    at = code === quote ? behind(text, at) : at + 1
  }
  return count
}

function keysOf(value: unknown): number {
  let count = 0
  const open = [value]
  while (open.length > 0) {
    const one = open.pop()
    if (typeof one !== 'object' || one === null) continue
    const parts = Object.values(one)
    if (!Array.isArray(one)) count += parts.length
    for (const part of parts) if (typeof part === 'object' && part !== null) open.push(part)
  }
  return count
}

function firstDoubled(text: string): string | null {
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; ) {
    const char = text[at]
    if (char === '{') open.push(new Set())
    else if (char === '[') open.push(null)
    else if (char === '}' || char === ']') open.pop()
    if (char !== '"') {
      at++
      continue
    }
    const end = behind(text, at)
    const keys = open.at(-1)
    if (keys && /^\s*:/.test(text.slice(end, end + 200))) {
      const key = JSON.parse(text.slice(at, end)) as string
      if (keys.has(key)) return key
      keys.add(key)
    }
    at = end
  }
  return null
}
