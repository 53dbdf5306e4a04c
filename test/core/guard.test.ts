import fc from 'fast-check'
import t from 'tap'
import { guard } from '../../src/core/guard.ts'

const limit = { share: 0.3, from: 10, windowMs: 3_600_000 }
const remove = { risk: 'delete', scope: 'zone/cloud.lab.' } as const

t.test('deletes beyond the share of the population are refused with every number', async (t) => {
  t.same(guard(remove, { held: 20, deletes: 0, freesAt: null }, limit), { verdict: 'proceed' })
  t.same(guard(remove, { held: 15, deletes: 5, freesAt: 0 }, limit), { verdict: 'proceed' }, 'the sixth of twenty')
  t.same(guard(remove, { held: 14, deletes: 6, freesAt: Date.UTC(2026, 0, 1) }, limit), {
    verdict: 'refuse',
    rule: 'delete-share',
    reason:
      'delete 7 of 20 in zone/cloud.lab. within 60 min exceeds 30 % (6 allowed, 6 used): raise limits.deletes.share if this ' +
      'is wanted, or wait until 2026-01-01T00:00:00.000Z; the next sweep tries again'
  })
})

t.test('small populations and other risks are not limited', async (t) => {
  t.same(guard(remove, { held: 4, deletes: 5, freesAt: 0 }, limit), { verdict: 'proceed' })
  t.same(guard({ risk: 'create', scope: 'x' }, { held: 100, deletes: 100, freesAt: 0 }, limit), { verdict: 'proceed' })
})

t.test('however many are tried, no more than the share goes', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (population, share) => {
      let deletes = 0
      for (let tried = 0; tried < population; tried++)
        if (
          guard(remove, { held: population - deletes, deletes, freesAt: 0 }, { ...limit, share }).verdict === 'proceed'
        )
          deletes++
      return deletes === Math.min(population, Math.floor(population * share))
    })
  )
  t.pass()
})
