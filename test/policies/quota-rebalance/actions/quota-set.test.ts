import fc from 'fast-check'
import t from 'tap'
import type { Quotas } from '../../../../src/clients/cloud/quotas.ts'
import type { ActionRequest, Result } from '../../../../src/core/action.ts'
import { actions } from '../../../../src/policies/actions.ts'
import { booksOf, lentFor, type QuotaSet } from '../../../../src/policies/quota-rebalance/books.ts'
import { quotaRebalance } from '../../../../src/policies/quota-rebalance/policy.ts'
import type { QuotaGroupAnswer } from '../../../../src/policies/quota-rebalance/questions/quota-group.ts'
import type { Tools } from '../../../../src/policies/shared/tools.ts'
import type { AppliedRow } from '../../../../src/store/policy-rows.ts'
import { familySettings } from '../view/family.ts'

const quotaSet = actions.find((one) => one.type === 'quota-set')!

type Cell = { limit: number; used: number }

/** Projects with their limits, and what happens in between: a service that looks at usage, or one that does not. */
function cloud(cells: Record<string, Record<string, Cell>>, { refuses = false, unknown = false } = {}) {
  const sums: Record<string, number>[] = []
  const applied = new Map<string, AppliedRow>()
  /** Called with what is about to be written; may throw, or change usage. */
  const between: { before?: (project: string) => void; after?: (project: string) => void; stopped?: boolean } = {}
  const sumOf = () =>
    Object.fromEntries(
      Object.keys(Object.values(cells)[0]!).map((resource) => [
        resource,
        Object.values(cells).reduce((sum, cell) => sum + cell[resource]!.limit, 0)
      ])
    )
  const quotas: Pick<Quotas, 'read' | 'write' | 'capabilities'> = {
    read: async (_service, project) => structuredClone(cells[project]!),
    write: async (_service, project, limits, call) => {
      await call?.before?.()
      between.before?.(project)
      const below = Object.entries(limits).find(([resource, to]) => cells[project]![resource]!.used > to)
      if (refuses && below !== undefined) throw Object.assign(new Error('usage is above'), { status: 400 })
      for (const [resource, to] of Object.entries(limits)) cells[project]![resource]!.limit = to
      sums.push(sumOf())
      between.after?.(project)
      return { after: structuredClone(cells[project]!), requestId: 'req-1' }
    },
    capabilities: () => {
      const one = { kept: 'service', refusesBelowUsage: unknown ? null : refuses } as const
      return { nova: one, cinder: one, neutron: one, octavia: one }
    }
  }
  const tools = {
    cloud: async () => ({ quotas }),
    journal: {
      applied: async ({ targets }: { targets: string[] }) => targets.flatMap((one) => applied.get(one) ?? []),
      sample: async (rows: readonly object[]) => void samples.push(...rows)
    }
  } as unknown as Tools
  const samples: object[] = []
  let calls = 0
  async function perform(step: ActionRequest): Promise<Result> {
    const result = await quotaSet.perform(step.input, {
      tools,
      target: step.target,
      scope: step.scope,
      requestId: 'req-ours',
      installId: 'test',
      beforeChange: async () => {
        if (between.stopped) throw new Error('stopped by ops before its call was made')
        calls++
        return 30_000
      },
      sleep: async () => {}
    })
    if ('applied' in result && result.applied !== undefined)
      applied.set(step.target, { ...result.applied, lane: 'group:family' })
    return result
  }
  return { cells, sums, sumOf, perform, between, applied, samples, calls: () => calls }
}

const step = (more: Partial<QuotaSet>): ActionRequest => {
  const input: QuotaSet = {
    cloud: 'admin',
    service: 'nova',
    project: 'dev',
    projectId: 'dev',
    direction: 'shrink',
    changes: { cores: { from: 50, to: 40, leave: 4, capacity: 100 } },
    group: ['dev', 'prod'],
    bundles: [],
    postings: [],
    after: [],
    ...more
  }
  const { project } = input
  return {
    type: 'quota-set',
    risk: 'update',
    cluster: project,
    target: `quota/admin/${project}/nova`,
    scope: 's',
    input
  }
}
const grow = (more: Partial<QuotaSet> = {}) =>
  step({
    project: 'prod',
    projectId: 'prod',
    direction: 'grow',
    changes: { cores: { from: 50, to: 60, leave: 4, capacity: 100 } },
    ...more
  })
const pair = (dev: Cell, prod: Cell) => ({ dev: { cores: dev }, prod: { cores: prod } })

t.test('lowers a limit, says how to take it back, and does nothing the second time', async (t) => {
  const at = cloud(pair({ limit: 50, used: 10 }, { limit: 50, used: 50 }))
  const first = await at.perform(step({}))
  t.match(first, { outcome: 'changed', note: 'dev: cores 50 → 40', requestId: 'req-1' })
  t.match(first, { inverse: { input: { direction: 'grow', changes: { cores: { from: 40, to: 50 } } } } })
  t.same(at.samples, [{ series: 'quota/admin/dev/cores', value: [40, 10] }], 'what is shown is as of now')
  t.match(await at.perform(step({})), { outcome: 'unchanged' })
  t.equal(at.calls(), 1)
})

t.test('usage that has grown is left its headroom, whatever was planned', async (t) => {
  const at = cloud(pair({ limit: 50, used: 42 }, { limit: 50, used: 50 }))
  t.match(await at.perform(step({})), { outcome: 'changed', note: 'dev: cores 50 → 46' })
  const full = cloud(pair({ limit: 50, used: 47 }, { limit: 50, used: 50 }))
  t.match(await full.perform(step({})), { outcome: 'stale', reason: /dev uses 47 of 50 cores by now/ })
  t.equal(full.calls(), 0)
})

t.test('a limit that somebody else changed is not touched', async (t) => {
  const at = cloud(pair({ limit: 48, used: 10 }, { limit: 50, used: 50 }))
  t.match(await at.perform(step({})), { outcome: 'stale', reason: 'dev cores is 48; 50 was expected' })
  t.equal(at.calls(), 0)
})

t.test('usage above the limit right after it was lowered: it is put back within the step', async (t) => {
  const at = cloud(pair({ limit: 50, used: 10 }, { limit: 50, used: 50 }))
  at.between.after = () => {
    at.cells.dev!.cores!.used = 45
    delete at.between.after
  }
  t.match(await at.perform(step({})), { outcome: 'retry', reason: /usage of cores grew in the very moment/ })
  t.equal(at.cells.dev!.cores!.limit, 50)
})

t.test('it is put back even where somebody said stop in that moment, and nothing else is done then', async (t) => {
  const at = cloud(pair({ limit: 50, used: 10 }, { limit: 50, used: 50 }))
  at.between.after = () => {
    at.cells.dev!.cores!.used = 45
    at.between.stopped = true
    delete at.between.after
  }
  t.match(await at.perform(step({})), { outcome: 'retry' })
  t.equal(at.cells.dev!.cores!.limit, 50)
  await t.rejects(at.perform(step({})), /stopped by ops/, 'the next step is held')
  t.equal(at.cells.dev!.cores!.limit, 50)
})

t.test('one of two resources is put back, the other stays lowered', async (t) => {
  const at = cloud({
    dev: { cores: { limit: 50, used: 10 }, ram: { limit: 50, used: 10 } },
    prod: { cores: { limit: 50, used: 50 }, ram: { limit: 50, used: 50 } }
  })
  at.between.after = () => {
    at.cells.dev!.ram!.used = 45
    delete at.between.after
  }
  const change = { from: 50, to: 40, leave: 4, capacity: 100 }
  const result = await at.perform(step({ changes: { cores: change, ram: change } }))
  t.match(result, { outcome: 'changed', note: 'dev: cores 50 → 40 (ram left: usage grew)' })
  t.equal(at.cells.dev!.ram!.limit, 50)
})

t.test('a service that looks at usage itself refuses: decided again', async (t) => {
  const at = cloud(pair({ limit: 50, used: 10 }, { limit: 50, used: 50 }), { refuses: true })
  at.between.before = () => {
    at.cells.dev!.cores!.used = 45
  }
  t.match(await at.perform(step({})), { outcome: 'stale', reason: /dev: usage is above/ })
  t.equal(at.cells.dev!.cores!.limit, 50)
})

t.test('grows by what is really free of the capacity', async (t) => {
  const free = cloud(pair({ limit: 46, used: 42 }, { limit: 50, used: 50 }))
  t.match(await free.perform(grow()), { outcome: 'changed', note: 'prod: cores 50 → 54' })
  const none = cloud(pair({ limit: 50, used: 42 }, { limit: 50, used: 50 }))
  t.match(await none.perform(grow()), {
    outcome: 'stale',
    reason: /nothing was freed for prod: 0 of 100 cores are free/
  })
  const endless = cloud(pair({ limit: -1, used: 42 }, { limit: 50, used: 50 }))
  t.match(await endless.perform(grow()), { outcome: 'stale', reason: /no limit of cores/ })
})

t.test('resources that move together grow by whole units of all of them', async (t) => {
  const at = cloud({
    dev: { cores: { limit: 44, used: 10 }, ram: { limit: 95, used: 10 } },
    prod: { cores: { limit: 50, used: 50 }, ram: { limit: 100, used: 100 } }
  })
  const changes = {
    cores: { from: 50, to: 60, leave: 4, capacity: 100 },
    ram: { from: 100, to: 120, leave: 4, capacity: 200 }
  }
  await at.perform(grow({ changes, bundles: [{ cores: 1, ram: 2 }] }))
  t.same(at.cells.prod, { cores: { limit: 52, used: 50 }, ram: { limit: 104, used: 100 } }, '5 of ram were free')
})

t.test('the books hold what came about, not what was planned', async (t) => {
  const at = cloud(pair({ limit: 46, used: 42 }, { limit: 50, used: 50 }))
  const postings = [{ request: '7', resource: 'cores', giver: 'dev', amount: 10 }]
  await at.perform(grow({ postings }))
  const books = booksOf(at.applied.get('quota/admin/prod/nova'))
  t.equal(lentFor(books, '7', 'cores'), 4)
  t.same(books.limits, { cores: 54 })
})

const settings = familySettings({
  projects: {
    a: { priority: 1, weight: 1 },
    b: { priority: 2, weight: 1 },
    c: { priority: 2, weight: 3 }
  },
  resources: { cores: { capacity: 60, low: 3, high: 8, quantum: 1, projects: {} } }
})

const cell = fc.record({ limit: fc.integer({ min: 0, max: 40 }), used: fc.integer({ min: 0, max: 40 }) })
/** What happens around a write: usage grows by so much, or the process dies before or after it. */
const mishap = fc.record({
  grows: fc.integer({ min: 0, max: 6 }),
  who: fc.constantFrom('a', 'b', 'c'),
  dies: fc.constantFrom('no', 'no', 'before', 'after')
})

t.test(
  'the real steps on a cloud where anything happens in between: the sum stays, nobody is left below usage',
  async (t) => {
    let moved = 0
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(cell, cell, cell),
        fc.array(mishap, { minLength: 12, maxLength: 12 }),
        fc.boolean(),
        async ([a, b, c], mishaps, refuses) => {
          const at = cloud(structuredClone({ a: { cores: a }, b: { cores: b }, c: { cores: c } }), { refuses })
          const start = at.sumOf().cores!
          const usedAtMost = (project: string) => Math.max(at.cells[project]!.cores!.used, 0)
          const floorBefore = Object.fromEntries(
            Object.entries(at.cells).map(([name, { cores }]) => [name, Math.min(cores!.limit, cores!.used)])
          )
          let n = 0
          for (let round = 0; round < 4; round++) {
            const decision = quotaRebalance.decide(
              { policy: 'quota-rebalance', key: 'group:family', resources: [] },
              { group: answerOf(at.cells, [...at.applied.values()]) as never },
              settings as never
            )
            for (const one of decision.steps) {
              const { grows, who, dies } = mishaps[n++ % mishaps.length]!
              const bump = () => {
                const cores = at.cells[who]!.cores!
                // As far as its own limit lets it.
                cores.used = Math.max(cores.used, Math.min(cores.limit, cores.used + grows))
              }
              at.between.before = () => {
                bump()
                if (dies === 'before') throw Object.assign(new Error('died'), { retryable: true })
              }
              at.between.after = () => {
                if (dies === 'after') throw Object.assign(new Error('died'), { retryable: true })
              }
              let result: Result | null = null
              try {
                result = await at.perform(one)
              } catch {
                // The process is gone; what was written is there.
              }
              at.between.before = () => {}
              at.between.after = () => {}
              if (result?.outcome === 'changed') moved++
              if (result === null || result.outcome === 'stale' || result.outcome === 'retry') break
            }
          }
          for (const sum of at.sums)
            if (sum.cores! > Math.max(60, start))
              throw new Error(`the sum was ${sum.cores} of 60, ${start} at the start`)
          for (const [project, { cores }] of Object.entries(at.cells))
            if (cores!.limit < Math.min(usedAtMost(project), floorBefore[project]!))
              throw new Error(`${project} has ${cores!.limit}, uses ${cores!.used}`)
        }
      ),
      { numRuns: 400 }
    )
    t.ok(moved > 200, `${moved} steps changed a limit`)
  }
)

function answerOf(cells: Record<string, Record<string, Cell>>, applied: readonly AppliedRow[]): QuotaGroupAnswer {
  const names = Object.keys(cells)
  const quiet = { cores: { limit: { since: null, before: null }, growth: null } }
  return {
    now: 0,
    projects: Object.fromEntries(names.map((name) => [name, name])),
    cells: structuredClone(cells),
    history: Object.fromEntries(names.map((name) => [name, quiet])),
    capacity: {},
    applied,
    requests: [],
    pins: []
  }
}
