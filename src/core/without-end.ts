/** Strips one character from the end of a text, however often, in linear time: `/\/+$/` takes quadratic time on a hostile text. */
export function withoutEnd(text: string, char: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === char) end--
  return text.slice(0, end)
}
