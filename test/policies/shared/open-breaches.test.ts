import t from 'tap'
import { openBreaches } from '../../../src/policies/shared/open-breaches.ts'
import type { Journal } from '../../../src/store/journal.ts'
import { row } from '../isolation/view/breaches.ts'

t.test('none is left out, however many there are', async (t) => {
  const all = Array.from({ length: 1001 }, (_, n) => row(1001 - n))
  const breaches: Journal['breaches'] = async ({ before = Infinity, limit = 500, open, policy, lane }) => {
    t.strictSame([open, policy, lane], [true, 'isolation', undefined])
    return all.filter(({ id }) => id < before).slice(0, limit)
  }
  const found = await openBreaches({ breaches }, { policy: 'isolation' })
  t.strictSame(
    found.map(({ id }) => id),
    all.map(({ id }) => id)
  )
})
