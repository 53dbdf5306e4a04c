import type { Check } from '../base/check.ts'
import type { StageState } from './worker.ts'

/** A party that has had all of its share for so long does not answer. */
const FULL_MS = 5000
/** Longer than a claim lasts: by then each of them should have been free again. */
const STUCK_MS = 75_000

const names = { decide: 'deciding', act: 'acting' } as const
const workers = { decide: 'deciders', act: 'actors' } as const

/** Checks whether events are decided and steps carried out, and names who keeps others waiting. */
export function stageChecks(stages: readonly StageState[], now: number): readonly Check[] {
  return stages.flatMap(({ stage, size, busy, freeAt, parties }): Check[] => {
    if (size === 0) return []
    const name = names[stage]
    const seconds = Math.round((now - freeAt) / 1000)
    const whom = parties.map((one) => `${one.name} (${one.busy})`).join(', ')
    if (now - freeAt > STUCK_MS) {
      const detail = `none of ${size} ${workers[stage]} has come free for ${seconds} s${whom === '' ? '' : `; they wait for ${whom}`}`
      return [{ name, level: 'failure', detail }]
    }
    const full = parties.filter(({ fullSince }) => fullSince !== null && now - fullSince > FULL_MS)
    const detail = full
      .map(
        (one) =>
          `${one.name} keeps ${one.busy} of ${size} ${workers[stage]} busy, its share, and ${one.waiting} more wait for it`
      )
      .join('; ')
    if (full.length > 0) return [{ name, level: 'warning', detail }]
    return [{ name, level: 'ok', detail: `${busy} of ${size} ${workers[stage]} are busy` }]
  })
}
