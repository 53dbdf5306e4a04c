import type { Answer } from '../http.ts'
import { fields } from '../rim.ts'
import type { Cells } from './service.ts'

/** The form of Nova and Cinder: `{quota_set: {id, <resource>: {limit, in_use, reserved}}}`. */
export function readQuotaSet(answer: Answer): Cells {
  return readCells(answer, 'quota_set', 'in_use')
}

/** Each resource's `limit` and its usage with what is reserved; keys with a text, such as `id`, are no resources. */
export function readCells(answer: Answer, key: string, inUse: 'in_use' | 'used'): Cells {
  const set = fields(answer, answer.body, 'the answer').object(key)
  return Object.fromEntries(
    Object.entries(set)
      .filter(([, one]) => typeof one !== 'string')
      .map(([name, one]) => {
        const cell = fields(answer, one, `${key}.${name}`)
        return [name, { limit: cell.number('limit'), used: cell.number(inUse) + cell.number('reserved') }]
      })
  )
}
