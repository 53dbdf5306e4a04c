import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Cell, Group, SharedResource } from '../../../src/policies/quota-rebalance/model.ts'
import { rebalance } from '../../../src/policies/quota-rebalance/rebalance.ts'
import { anyGroup, applied, stepByStep, sum } from './model.ts'

const runs = { numRuns: 1500 }
const quiet = anyGroup({ people: false })
const anything = fc.oneof(quiet, anyGroup({ people: true }), anyGroup({ people: true, over: true }))
const within = fc.oneof(quiet, anyGroup({ people: true }))
const isOver = ({ capacity, cells }: SharedResource) => sum(cells) > capacity!
const bundleOf = (group: Group, resource: string) => group.bundles.find((one) => Object.hasOwn(one, resource))
const headroom = ({ limit, used }: Cell) => limit - used

t.test(
  'after every single step, whatever failed before it, the limits fit, and nobody has less than it uses',
  async (t) => {
    fc.assert(
      fc.property(anything, fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (group, failing) => {
        const { changes } = rebalance(group)
        stepByStep(
          group,
          changes,
          (n) => failing[n % failing.length]!,
          (limits) => {
            for (const { resource, capacity, cells } of group.shared) {
              const now = limits.get(resource)!
              const total = [...now.values()].reduce((all, limit) => all + limit, 0)
              if (total > Math.max(capacity!, sum(cells))) throw new Error(`${resource}: ${total}`)
              for (const { project, limit, used, floor, ceiling } of cells) {
                const after = now.get(project)!
                if (after < Math.min(limit, Math.max(used, floor))) throw new Error(`${project} has ${after}`)
                if (ceiling !== null && after > Math.max(limit, ceiling)) throw new Error(`${project} has ${after}`)
              }
            }
          }
        )
      }),
      runs
    )
    t.pass()
  }
)

t.test('when nothing fails, every limit comes to what the plan says', async (t) => {
  fc.assert(
    fc.property(anything, (group) => {
      const { changes } = rebalance(group)
      const after = new Map<string, number>()
      stepByStep(
        group,
        changes,
        () => false,
        (limits) => {
          for (const [resource, own] of limits)
            for (const [project, limit] of own) after.set(`${resource}/${project}`, limit)
        }
      )
      deepStrictEqual(
        changes.map(({ resource, project }) => after.get(`${resource}/${project}`)),
        changes.map(({ to }) => to)
      )
    }),
    { numRuns: 300 }
  )
  t.pass()
})

t.test('the second run changes nothing', async (t) => {
  fc.assert(
    fc.property(within, (group) => {
      const again = rebalance(applied(group, rebalance(group)))
      if (again.changes.length + again.entries.length > 0) throw new Error(JSON.stringify(again, null, 1))
    }),
    { numRuns: 4000 }
  )
  t.pass()
})

t.test(
  'a sum above capacity only shrinks, never below the capacity; the run after the first that fits is the last',
  async (t) => {
    fc.assert(
      fc.property(anyGroup({ people: true, over: true }), (group) => {
        const first = rebalance(group)
        const next = applied(group, first)
        for (const [n, before] of group.shared.entries()) {
          if (!isOver(before)) continue
          const { resource } = before
          if (first.changes.some((one) => one.resource === resource && one.to > one.from)) throw new Error('grows')
          const after = next.shared[n]!
          const borrowed = first.entries.some((one) => one.kind === 'returned' && one.resource === resource)
          if (!borrowed && bundleOf(group, resource) === undefined && sum(after.cells) < after.capacity!)
            throw new Error(`${resource} came to ${sum(after.cells)} of ${after.capacity}`)
          if (
            !first.findings.some((text) => text.startsWith(`${resource}: the limits together are ${sum(before.cells)}`))
          )
            throw new Error(`no finding about ${resource}`)
        }
        const last = applied(next, rebalance(next))
        deepStrictEqual(rebalance(last).changes, [])
      }),
      runs
    )
    t.pass()
  }
)

t.test('the order of projects does not matter', async (t) => {
  fc.assert(
    fc.property(anything, fc.infiniteStream(fc.nat()), (group, random) => {
      const shuffled = {
        ...group,
        shared: group.shared.map((one) => ({
          ...one,
          cells: one.cells
            .map((cell) => ({ cell, at: random.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ cell }) => cell)
        }))
      }
      deepStrictEqual(rebalance(shuffled), rebalance(group))
    }),
    { numRuns: 500 }
  )
  t.pass()
})

t.test('usage that stays inside the watermarks moves nothing', async (t) => {
  const noise = fc.integer({ min: 0, max: 1000 })
  fc.assert(
    fc.property(quiet, fc.array(noise, { minLength: 24, maxLength: 24 }), (group, noises) => {
      const shared = group.shared.map((one, r) => ({
        ...one,
        cells: one.cells.map((cell, n) => {
          const free = cell.low + Math.round(((cell.high - cell.low) * noises[r * 6 + n]!) / 1000)
          return { ...cell, limit: cell.used + free }
        })
      }))
      const inside = { ...group, shared: shared.map((one) => ({ ...one, capacity: sum(one.cells) + one.quantum })) }
      deepStrictEqual(rebalance(inside), { changes: [], entries: [], findings: [] })
    }),
    { numRuns: 500 }
  )
  t.pass()
})

const owing = ({ owes }: Cell) => owes.some(({ to }) => Object.values(to).some((amount) => amount > 0))
const canGive = (cell: Cell, step: number) =>
  cell.limit - Math.max(cell.used + cell.high + cell.kept, cell.floor) >= step
// Who owes may stay less than a step below.
const mayReceive = (own: readonly Cell[], step: readonly number[]) =>
  own.every(({ frozen }) => frozen === null) &&
  own.every(({ limit, ceiling }, r) => ceiling === null || limit + step[r]! <= ceiling) &&
  own.some((cell, r) => cell.low - headroom(cell) >= (own.some(owing) ? step[r]! : 1))

t.test('nobody is short while another has more than its high watermark, or capacity is free', async (t) => {
  fc.assert(
    fc.property(within, (group) => {
      const after = applied(group, rebalance(group))
      for (const pool of poolsOf(after)) {
        const step = pool.map(({ resource, quantum }) => bundleOf(group, resource)?.[resource] ?? quantum)
        for (let n = 0; n < pool[0]!.cells.length; n++) {
          const own = pool.map(({ cells }) => cells[n]!)
          if (!mayReceive(own, step)) continue
          if (pool.every(({ capacity, cells }, r) => capacity! - sum(cells) >= step[r]!))
            throw new Error(`${own[0]!.project} is short, and there is free capacity`)
          for (let m = 0; m < pool[0]!.cells.length; m++) {
            const other = pool.map(({ cells }) => cells[m]!)
            if (
              n !== m &&
              other.every((cell, r) => canGive(cell, step[r]!)) &&
              other.every(({ frozen }) => frozen === null)
            )
              throw new Error(`${own[0]!.project} is short, and ${other[0]!.project} has more than enough`)
          }
        }
      }
    }),
    { numRuns: 3000 }
  )
  t.pass()
})

/** The shared resources that move together. */
function poolsOf(group: Group): readonly (readonly SharedResource[])[] {
  const bundled = group.bundles.map((bundle) => group.shared.filter(({ resource }) => Object.hasOwn(bundle, resource)))
  return [...bundled, ...group.shared.filter((one) => !bundled.flat().includes(one)).map((one) => [one])]
}

t.test('by itself only who was short grows, to at most its high watermark or a step above its low one', async (t) => {
  fc.assert(
    fc.property(quiet, (group) => {
      for (const { resource, project, from, to } of rebalance(group).changes) {
        const { quantum, cells } = group.shared.find((one) => one.resource === resource)!
        const cell = cells.find((one) => one.project === project)!
        if (bundleOf(group, resource) !== undefined) continue
        if ((to - from) % quantum !== 0) throw new Error('not in quanta')
        if (to < from) {
          if (to - cell.used < cell.high) throw new Error(`${project} gave below its high watermark`)
          continue
        }
        if (headroom(cell) >= cell.low) throw new Error(`${project} was not short`)
        if (to - cell.used >= Math.max(cell.low + quantum, cell.high + 1)) throw new Error(`${project} got too much`)
      }
    }),
    runs
  )
  t.pass()
})

t.test('lowest priority gives first, highest receives first, and the same in priority by weight', async (t) => {
  fc.assert(
    fc.property(quiet, (group) => {
      const result = rebalance(group)
      for (const before of group.shared) {
        if (bundleOf(group, before.resource) !== undefined) continue
        const { quantum } = before
        const after = applied(group, result).shared.find(({ resource }) => resource === before.resource)!
        const pairs = before.cells.map((cell, n) => ({ before: cell, after: after.cells[n]! }))
        for (const one of pairs) {
          for (const other of pairs) {
            const higherGave = one.after.limit < one.before.limit && other.before.priority < one.before.priority
            const spare = other.after.limit - Math.max(other.after.used + other.after.high, other.after.floor)
            if (higherGave && other.before.frozen === null && spare >= quantum)
              throw new Error('the higher one gave first')
            const lowerGot = one.after.limit > one.before.limit && other.before.priority > one.before.priority
            const room = other.after.ceiling === null || other.after.limit + quantum <= other.after.ceiling
            const short = headroom(other.after) < other.after.low && room && other.before.frozen === null
            if (lowerGot && short) throw new Error('the lower one got first')
          }
        }
      }
    }),
    runs
  )
  t.pass()
})

t.test('bundles move whole and all of them', async (t) => {
  fc.assert(
    fc.property(anything, (group) => {
      const { changes } = rebalance(group)
      for (const bundle of group.bundles) {
        const own = changes.filter(({ resource }) => Object.hasOwn(bundle, resource))
        for (const { project } of own) {
          const units = Object.entries(bundle).map(([resource, size]) => {
            const change = own.find((one) => one.project === project && one.resource === resource)
            return change === undefined ? 0 : (change.to - change.from) / size
          })
          if (!Number.isInteger(units[0]) || new Set(units).size > 1) throw new Error(`${project}: ${units}`)
        }
      }
    }),
    runs
  )
  t.pass()
})

t.test('no limit changes twice, shrinks come first, and the numbers of every change add up', async (t) => {
  fc.assert(
    fc.property(anything, (group) => {
      const { changes } = rebalance(group)
      const keys = changes.map(({ resource, project }) => `${resource}/${project}`)
      if (new Set(keys).size < keys.length) throw new Error('twice')
      const firstGrow = changes.findIndex(({ from, to }) => to > from)
      if (firstGrow >= 0 && changes.slice(firstGrow).some(({ from, to }) => to < from)) throw new Error('shrinks late')
      const freed = new Map<string, number>()
      for (const { resource, project, from, to, freedBy, why } of changes) {
        const total = Object.values(freedBy).reduce((all, amount) => all + amount, 0)
        if (total !== Math.max(0, to - from) || to === from) throw new Error(`${project} ${from} -> ${to} ${total}`)
        for (const [name, amount] of Object.entries(freedBy)) {
          if (!Number.isInteger(amount) || amount <= 0) throw new Error(`${name} ${amount}`)
          freed.set(`${resource}/${name}`, (freed.get(`${resource}/${name}`) ?? 0) + amount)
        }
        if (!/\d/.test(why)) throw new Error(why)
      }
      for (const [key, amount] of freed) {
        const change = changes.find(({ resource, project }) => `${resource}/${project}` === key)
        if (!key.endsWith('/') && (change === undefined || change.from - change.to < amount)) throw new Error(key)
      }
    }),
    runs
  )
  t.pass()
})

t.test('requests get no more than they asked for, and give back no more than is owed and free', async (t) => {
  fc.assert(
    fc.property(anything, (group) => {
      const after = applied(group, rebalance(group))
      for (const [r, { resource, cells }] of group.shared.entries()) {
        const size = bundleOf(group, resource)?.[resource] ?? 1
        for (const [n, cell] of cells.entries()) {
          const now = after.shared[r]!.cells[n]!
          const asked = cell.asked.reduce((all, { amount }) => all + amount, 0)
          if (size === 1 && bundleOf(group, resource) === undefined && now.kept - cell.kept > asked)
            throw new Error('too much')
          for (const { to } of now.owes)
            if (Object.values(to).some((amount) => amount < 0)) throw new Error('gave too much')
          const gaveBack = JSON.stringify(cell.owes) !== JSON.stringify(now.owes)
          if (gaveBack && headroom(now) < Math.min(headroom(cell), now.low)) throw new Error('gave what is not free')
          if (cell.frozen !== null && now.limit !== cell.limit) throw new Error('frozen')
        }
      }
    }),
    runs
  )
  t.pass()
})

t.test('where there is plenty, the next quantum of usage does not wake it again', async (t) => {
  fc.assert(
    fc.property(quiet, (group) => {
      const shared = group.shared.map((one) => ({
        ...one,
        capacity: 10_000,
        cells: one.cells.map((cell) => ({
          ...cell,
          ceiling: null,
          high: Math.max(cell.high, cell.low + 2 * one.quantum)
        }))
      }))
      const plenty: Group = { shared, bundles: [] }
      const result = rebalance(plenty)
      const next = applied(plenty, result)
      const used = next.shared.map((one) => ({
        ...one,
        cells: one.cells.map((cell) => {
          const grew = result.changes.some(
            ({ resource, project }) => resource === one.resource && project === cell.project
          )
          return grew ? { ...cell, used: cell.used + one.quantum } : cell
        })
      }))
      deepStrictEqual(rebalance({ ...next, shared: used }).changes, [])
    }),
    { numRuns: 500 }
  )
  t.pass()
})
