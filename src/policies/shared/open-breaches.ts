import type { Journal } from '../../store/journal.ts'
import type { BreachRow } from '../../store/policy-rows.ts'

const perPage = 500

/** Reads all breaches that are not over (of a policy, or of one lane of it), newest first: page after page, so that none is left out. */
export async function openBreaches(
  journal: Pick<Journal, 'breaches'>,
  filter: { readonly policy?: string; readonly lane?: string } = {}
): Promise<readonly BreachRow[]> {
  const found: BreachRow[] = []
  for (let before: number | undefined; ; ) {
    const page = await journal.breaches({
      ...filter,
      open: true,
      limit: perPage,
      ...(before !== undefined && { before })
    })
    found.push(...page)
    if (page.length < perPage) return found
    before = page.at(-1)!.id
  }
}
