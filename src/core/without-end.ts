/** A text without what it ends with of this one character, however often: `/\/+$/` takes time by the square of a hostile text. */
export function withoutEnd(text: string, char: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === char) end--
  return text.slice(0, end)
}
