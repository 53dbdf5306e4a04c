import { fields } from './answer-fields.ts'
import type { ServiceAnswer } from './answers.ts'
import type { QuotaRead } from './quota-service.ts'

/** The form of Nova and Cinder: `{quota_set: {id, <resource>: {limit, in_use, reserved}}}`. */
export function readQuotaSet(answer: ServiceAnswer): QuotaRead {
  return readCells(answer, 'quota_set', 'in_use')
}

/**
 * Each resource's `limit` and its usage with what is reserved; `id` is no resource. One that says nonsense is unknown, and
 * none of the others is.
 */
export function readCells(answer: ServiceAnswer, key: string, inUse: 'in_use' | 'used'): QuotaRead {
  const set = fields(answer, answer.body, 'the answer').object(key)
  const cells: Record<string, { limit: number; used: number }> = {}
  const unknown: Record<string, string> = {}
  for (const [name, one] of Object.entries(set)) {
    if (name === 'id') continue
    const cell = fields(answer, one, `${key}.${name}`)
    const figures = ['limit', inUse, 'reserved'].map((figure) => ({ figure, value: cell.value(figure) }))
    // A field that is not there is another service's answer; what is there and cannot be is this resource's.
    for (const { figure, value } of figures) if (value === undefined) cell.number(figure)
    const wrong = figures.flatMap(({ figure, value }) => whatIsWrong(figure, value, figure === 'limit' ? -1 : 0) ?? [])
    const [limit, used, reserved] = figures.map(({ value }) => value as number)
    if (wrong.length > 0) unknown[name] = wrong.join(', ')
    else cells[name] = { limit: limit!, used: used! + reserved! }
  }
  return { cells, unknown }
}

/** `in_use is -15`, where that cannot be; null: it is a whole number of at least so much. */
export function whatIsWrong(key: string, value: unknown, least: -1 | 0): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return null
  return `${key} is ${typeof value === 'number' ? value : JSON.stringify(value)}`
}
