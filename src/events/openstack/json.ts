// A text that is not closed goes to the end: looked for again at each quote in it, it would take time by the square.
const notNumbers = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?Infinity|NaN/gs

/**
 * The value, or undefined where it is no JSON. Python writes `NaN` and `Infinity` for numbers that are none, in load figures
 * and capacities; they are null here.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (!/NaN|Infinity/.test(text)) return undefined
  }
  try {
    return JSON.parse(text.replace(notNumbers, (found) => (found.startsWith('"') ? found : 'null')))
  } catch {
    return undefined
  }
}
