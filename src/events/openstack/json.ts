const notNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/gs

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
