/** What one project keeps, whatever others ask for. */
interface Keeps {
  readonly project: string
  /** null: not read yet. */
  readonly limit: number | null
  readonly floor: number
  readonly low: number
  readonly ceiling: number | null
}

/** What a project can come to at most, and the sentence with the numbers. */
export interface Most {
  readonly limit: number
  readonly why: string
}

/**
 * Computes the highest limit that one project can ever have of a resource: the others keep their floor and their low watermark even where
 * they use nothing. Who is below those already keeps what it has.
 */
export function mostEver(project: string, all: readonly Keeps[], capacity: number): Most {
  const own = all.find((one) => one.project === project)
  const kept = all.flatMap((one) => {
    if (one.project === project) return []
    const amount = Math.min(one.limit === null || one.limit < 0 ? Infinity : one.limit, Math.max(one.floor, one.low))
    return amount > 0 ? [{ project: one.project, amount }] : []
  })
  const left = capacity - kept.reduce((sum, { amount }) => sum + amount, 0)
  const ceiling = own?.ceiling ?? null
  if (ceiling !== null && ceiling <= left) return { limit: ceiling, why: `its ceiling is ${ceiling}` }
  const others = kept.slice(0, 5).map((one) => `${one.project} keeps ${one.amount}`)
  const more = kept.length > 5 ? [`${kept.length - 5} others keep theirs`] : []
  return { limit: left, why: [`the capacity is ${capacity}`, ...others, ...more].join(', ') }
}
