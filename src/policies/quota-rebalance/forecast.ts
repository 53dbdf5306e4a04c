import { durationMs } from '../../core/duration.ts'
import type { Group } from './model.ts'
import type { QuotaGroupAnswer } from './questions/quota-group.ts'
import type { QuotaSettings } from './settings.ts'

const hourMs = 3_600_000

/** Forecasts the ms until usage reaches the limit at this pace; null: never. */
export function fullInMs({ limit, used }: { limit: number; used: number }, growth: number | null): number | null {
  if (growth === null || growth <= 0 || limit < 0) return null
  return Math.max(0, ((limit - used) / growth) * hourMs)
}

/** Renders a duration, `2 h 10 min`, in steps that do not change with every look. */
export function durationInWords(ms: number): string {
  const minutes = Math.max(5, Math.round(ms / 300_000) * 5)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** Forecasts who comes to its limit within the time that is warned of, at the pace of late. */
export function warnings({ shared }: Group, answer: QuotaGroupAnswer, settings: QuotaSettings): readonly string[] {
  const within = durationMs(settings.warn)!
  return shared.flatMap(({ resource, cells }) =>
    cells.flatMap(({ project, limit, used }) => {
      const growth = answer.history[project]?.[resource]?.growth ?? null
      const left = fullInMs({ limit, used }, growth)
      if (left === null || left > within) return []
      const pace = Math.round(growth! * 10) / 10
      return [
        `${project} ${resource}: ${used} of ${limit} used, growing by ${pace} an hour: full in ${durationInWords(left)}`
      ]
    })
  )
}
