import { readFileSync } from 'node:fs'
import t from 'tap'
import { rebalance } from '../../../src/policies/quota-rebalance/rebalance.ts'
import { cell, cores, said } from './model.ts'

const page = readFileSync('docs/policies/quota-rebalance.md', 'utf8')
const picture = readFileSync('docs/policies/quota-rebalance.svg', 'utf8')

/** The rows of the example's table. */
const rows = [...page.matchAll(/^\| (\w+) \|((?: -?\d+ \|){8})$/gm)].map(([, project, numbers]) => {
  const [priority, used, limit, floor, low, high, free, after] = numbers!.split('|').map(Number)
  return {
    project: project!,
    priority: priority!,
    used: used!,
    limit: limit!,
    floor: floor!,
    low: low!,
    high: high!,
    free,
    after
  }
})

t.test('the example of docs/policies/quota-rebalance.md is what happens', async (t) => {
  t.equal(rows.length, 3)
  const cells = rows.map(({ free: _, after: __, ...row }) => cell(row.project, row))
  const { changes, findings } = rebalance(cores(cells, { capacity: 100, quantum: 2 }))
  t.strictSame(
    new Map(changes.map(({ project, to }) => [project, to])),
    new Map(['batch', 'ci', 'web'].map((name) => [name, rows.find(({ project }) => project === name)!.after]))
  )
  t.strictSame(changes.at(-1)!.freedBy, { '': 4, batch: 2, ci: 2 })
  t.strictSame(findings, [])
  for (const { limit, used, free } of rows) t.equal(limit - used, free)
})

t.test('afterwards, its next servers move nothing', async (t) => {
  const cells = rows.map(({ free: _, after, ...row }) => cell(row.project, { ...row, limit: after! }))
  for (const more of [0, 2, 4]) {
    const grown = cells.map((one) => (one.project === 'web' ? { ...one, used: one.used + more } : one))
    t.strictSame(said(rebalance(cores(grown, { capacity: 100, quantum: 2 }))), [])
  }
  const grown = cells.map((one) => (one.project === 'web' ? { ...one, used: one.used + 5 } : one))
  t.not(rebalance(cores(grown, { capacity: 100, quantum: 2 })).changes.length, 0)
})

t.test('its picture shows the same', async (t) => {
  for (const { project, limit, after } of rows) t.match(picture, `>${project} ${limit} → ${after}: `)
})
