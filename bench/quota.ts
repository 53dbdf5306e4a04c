import type { Cell, Group } from '../src/policies/quota-rebalance/model.ts'
import { rebalance } from '../src/policies/quota-rebalance/rebalance.ts'
import { type BenchOptions, type BenchResult, spreadOf } from './result.ts'

const SIZES = [10, 100, 1000, 10_000]
const RESOURCES = ['cores', 'ram', 'instances', 'server_groups', 'volumes', 'gigabytes', 'snapshots'].concat([
  'backups',
  'network',
  'subnet',
  'port',
  'router',
  'floatingip',
  'loadbalancer'
])
/** Each round takes at least so long for each size, so that a short plan is not one tick of the clock. */
const ROUND_MS = 300

/**
 * Time of one plan for 10 to 10,000 projects with 14 resources, of which a tenth is short and a fifth has more than it
 * needs, beside a plain pass that only reads the same numbers; and where only one project is short, which is the usual
 * event. The largest size is the one that counts.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const groups = SIZES.map((projects) => ({
    group: groupOf(projects, 'many short'),
    one: groupOf(projects, 'one short')
  }))
  for (const [n, { group, one }] of groups.entries()) for (const each of [group, one]) check(SIZES[n]!, each)
  const times = SIZES.map(() => ({
    ours: [] as number[],
    processor: [] as number[],
    oneShort: [] as number[],
    reading: [] as number[]
  }))
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [n, { group, one }] of groups.entries()) {
      const { wall: reading } = perCall(() => readAll(group))
      const { wall: ours, processor } = perCall(() => rebalance(group).changes.length)
      const { wall: oneShort } = perCall(() => rebalance(one).changes.length)
      if (round === 0) continue
      times[n]!.oneShort.push(oneShort)
      times[n]!.reading.push(reading)
      times[n]!.ours.push(ours)
      times[n]!.processor.push(processor)
    }
    if (round > 0)
      print(`round ${round}: ${SIZES.map((size, n) => `${size}: ${times[n]!.ours.at(-1)!.toFixed(2)} ms`).join(', ')}`)
  }
  const sizes = SIZES.map((projects, n) => {
    const { group } = groups[n]!
    const ours = spreadOf(times[n]!.ours)
    const processor = spreadOf(times[n]!.processor)
    const oneShort = spreadOf(times[n]!.oneShort)
    const reading = spreadOf(times[n]!.reading)
    const changes = rebalance(group).changes.length
    const microsecondsEach = Number(((ours.median * 1000) / (projects * RESOURCES.length)).toFixed(3))
    print(
      `${projects} projects: ${ours.median.toFixed(2)} ms (${ours.least.toFixed(2)} to ${ours.most.toFixed(2)}), ` +
        `processor ${processor.median.toFixed(2)} ms; ${changes} changes, ${microsecondsEach} µs each number; one short ${oneShort.median.toFixed(2)} ms; ` +
        `reading alone ${reading.median.toFixed(3)} ms`
    )
    return { projects, changes, microsecondsEach, ours, processor, oneShort, reading }
  })
  const { ours, reading } = sizes.at(-1)!
  return {
    name: 'quota',
    unit: 'ms a plan of 10,000 projects with 14 resources',
    ours: Number(ours.median.toFixed(2)),
    reference: Number(reading.median.toFixed(2)),
    referenceName: 'one pass that only reads the same numbers',
    ratio: Number((reading.median / ours.median).toFixed(3)),
    sizes,
    rounds
  }
}

/** ms of one call, by the clock and by what the processor did for it: the latter says more on a busy machine. */
function perCall(call: () => number): { wall: number; processor: number } {
  const begin = performance.now()
  const before = process.cpuUsage()
  let calls = 0
  let spent = 0
  do {
    call()
    calls++
    spent = performance.now() - begin
  } while (spent < ROUND_MS)
  const { user, system } = process.cpuUsage(before)
  return { wall: spent / calls, processor: (user + system) / 1000 / calls }
}

function readAll({ shared }: Group): number {
  let sum = 0
  for (const { cells } of shared) {
    for (const { limit, used, floor, ceiling, low, high, priority, weight, kept } of cells)
      sum += limit + used + floor + (ceiling ?? 0) + low + high + priority + weight + kept
  }
  return sum
}

/** A wrong plan is no measurement: limits that fit, and nothing left to do. */
function check(projects: number, group: Group): void {
  const { changes } = rebalance(group)
  const to = new Map(changes.map((change) => [`${change.resource} ${change.project}`, change.to]))
  const shared = group.shared.map((one) => ({
    ...one,
    cells: one.cells.map((cell) => ({ ...cell, limit: to.get(`${one.resource} ${cell.project}`) ?? cell.limit }))
  }))
  for (const { resource, capacity, cells } of shared) {
    const sum = cells.reduce((total, { limit }) => total + limit, 0)
    if (sum > capacity!) throw new Error(`${projects} projects: ${resource} comes to ${sum} of ${capacity}`)
  }
  const again = rebalance({ ...group, shared }).changes.length
  if (changes.length === 0 || again > 0)
    throw new Error(`${projects} projects: ${changes.length} changes, then ${again}`)
}

/** The same at every run; projects in no order, cores, ram and instances bundled. */
function groupOf(projects: number, which: 'many short' | 'one short'): Group {
  const random = randomFrom(projects)
  const names = Array.from(
    { length: projects },
    () => `project-${random(1e9).toString(36)}-${random(1e9).toString(36)}`
  )
  const shared = RESOURCES.map((resource) => {
    const size = resource === 'ram' ? 4096 : 1
    const cells = names.map((project, n) =>
      cellOf(project, size, random, which === 'one short' ? n === 0 : random(10) === 0)
    )
    const sum = cells.reduce((total, { limit }) => total + limit, 0)
    return { resource, capacity: Math.floor(sum * 1.01), quantum: size * 2, cells }
  })
  return { shared, bundles: [{ cores: 1, ram: 4096, instances: 1 }] }
}

function cellOf(project: string, size: number, random: (below: number) => number, short: boolean): Cell {
  const used = random(100)
  const free = short ? random(4) : random(5) === 0 ? 20 + random(20) : 5 + random(10)
  return {
    project,
    limit: (used + free) * size,
    used: used * size,
    floor: random(20) * size,
    ceiling: random(4) === 0 ? 200 * size : null,
    low: 5 * size,
    high: 15 * size,
    priority: random(3),
    weight: 1 + random(4),
    frozen: random(20) === 0 ? 'changed 2 minutes ago' : null,
    kept: 0,
    asked: [],
    owes: []
  }
}

/** Numerical Recipes' generator: good enough, and the same everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
