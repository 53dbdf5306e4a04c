import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from './product.ts'

/** A breach as the journal has it. */
export interface SeenBreach {
  readonly lane: string
  readonly rule: string
  readonly detail: string
  readonly name: string
  readonly resource: string
  readonly state: string
  readonly because: string
  readonly summary: string
  readonly ended: number | null
}

/** What a product found, read from its journal while it runs; ended ones too, the newest first. */
export function breachesOf(reflex: Product): readonly SeenBreach[] {
  const journal = new DatabaseSync(join(reflex.folder, '.data/journal.db'), { readOnly: true })
  try {
    const rows = journal
      .prepare(
        `select lane.key lane, rule, detail, name, resource, breach.state, because, summary, ended
         from breach join lane on lane.id = breach.lane order by breach.id desc`
      )
      .all()
    return rows as unknown as SeenBreach[]
  } finally {
    journal.close()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of our own API
export type Row = any

/** All pages of a list of our own API. */
export async function items(reflex: Product, path: string): Promise<Row[]> {
  const all: Row[] = []
  for (let next: string | null = ''; next !== null; ) {
    const page = (await reflex.get(`${path}${next === '' ? '' : `&cursor=${next}`}`)) as { items: Row[]; next?: string }
    all.push(...page.items)
    next = page.next ?? null
  }
  return all
}

export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | null | false>,
  everyMs = 100
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(everyMs)) {
    const found = await look()
    if (found) return found
  }
  throw new Error(`${what}: not within ${seconds} s`)
}

/** The value that so many hundredths are at or below. */
export function percentile(values: readonly number[], hundredths: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * hundredths) / 100) - 1)] ?? 0
}
