import { mkdtempSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { planSteps } from '../../src/core/policy.ts'
import { quotaSeries } from '../../src/core/quota.ts'
import { openJournal } from '../../src/store/open.ts'
import { event, open, recorded, route } from '../contract/journal-facts.ts'
import { build, context, status } from '../handlers/build.ts'
import { familySettings } from '../policies/quota-rebalance/view/family.ts'

const hour = 3_600_000
const one = (capacity: number, low: number, high: number, more: object = {}) => ({
  capacity,
  low,
  high,
  quantum: 1,
  projects: {},
  ...more
})

const settings = familySettings(
  {
    // In this order on the page.
    projects: {
      dev: { priority: 10, weight: 1 },
      prod: { priority: 100, weight: 1 },
      infra: { priority: 50, weight: 1 }
    },
    resources: {
      cores: one(60, 4, 8, { floor: 5, projects: { prod: { ceiling: 32 } } }),
      ram: one(122_880, 8192, 16_384),
      floatingip: one(12, 1, 3),
      gigabytes_fast: { ...one(1, 50, 200), capacity: { discover: true, share: 0.9 } }
    },
    together: [{ cores: 1, ram: 2048 }]
  },
  { coolDown: '1m' }
)

/** `[limit, used]` an hour ago and now. */
const readings: Readonly<Record<string, Readonly<Record<string, readonly (readonly [number, number])[]>>>> = {
  cores: {
    dev: [
      [20, 6],
      [20, 5]
    ],
    prod: [
      [20, 14],
      [20, 18]
    ],
    infra: [
      [20, 14],
      [20, 14]
    ]
  },
  ram: {
    dev: [
      [40_960, 9000],
      [40_960, 10_240]
    ],
    prod: [
      [40_960, 30_000],
      [40_960, 36_864]
    ],
    infra: [
      [40_960, 28_672],
      [40_960, 28_672]
    ]
  },
  floatingip: {
    dev: [
      [4, 1],
      [4, 1]
    ],
    prod: [
      [4, 5],
      [4, 5]
    ],
    infra: [
      [4, 2],
      [4, 2]
    ]
  },
  gigabytes_fast: {
    dev: [
      [-1, 120],
      [-1, 120]
    ],
    infra: [
      [500, 400],
      [500, 400]
    ]
  }
}

type Changes = Readonly<Record<string, readonly [number, number]>>

/** A running app over a journal with quotas, requests, moves and breaches; `base` is its address. */
export async function pagesWorld(t: Test) {
  const clock = { ahead: -hour }
  const journal = await openJournal({
    path: join(mkdtempSync(join(tmpdir(), 'reflex-pages-')), 'j.db'),
    now: () => Date.now() + clock.ahead
  })
  t.teardown(() => journal.close())
  const read = (n: number) =>
    journal.sample(
      Object.entries(readings).flatMap(([resource, projects]) =>
        Object.entries(projects).map(([cluster, values]) => ({
          series: quotaSeries('admin', cluster, resource),
          value: [...values[n]!]
        }))
      )
    )
  await read(0)
  clock.ahead = 0
  await read(1)

  const listeners = new Set<() => void>()
  const wake = () => {
    for (const listener of listeners) listener()
  }
  const app = build(t, {
    journal,
    status: () => status({ modes: { 'quota-rebalance': 'enforce', isolation: 'approve' } }),
    context: () => ({ ...context(journal), quotas: [{ policy: 'quota-rebalance', settings }] }),
    now: Date.now,
    stream: {
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      }
    }
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`

  let counter = 0
  /** A decision of the group that is about to move quota between projects; the ids of its steps. */
  async function plan(resource: string, changes: Changes, findings: readonly string[] = []) {
    const id = `move-${++counter}`
    await journal.append({ events: [route(event(id), 'group:family', { policy: 'quota-rebalance' })], ignored: [] })
    const claim = (await journal.claimLane('w', 10_000))!
    const steps = Object.entries(changes).map(([cluster, [from, to]]) => ({
      type: 'quota-set',
      risk: 'update' as const,
      cluster,
      target: `quota/admin/${cluster}/nova`,
      scope: 'quota/admin/family',
      input: { changes: { [resource]: { from, to, leave: 0 } } }
    }))
    const actionIds = steps.map((_, n) => `${id}-${n}`)
    const decision = planSteps(`${resource} of prod are short: dev has to spare`, steps, { findings })
    await recorded(journal, claim, decision, { actionIds, now: Date.now() })
    wake()
    return actionIds
  }

  /** Carries the next step out, or has it fail; the limit is read after it. */
  async function carryOut(failure?: string) {
    const claimed = await journal.claimAction('w', 10_000, open)
    if (claimed?.verdict !== 'proceed') throw new Error(`no step is due: ${JSON.stringify(claimed)}`)
    const { target, scope, input, cluster } = claimed.action
    const { changes } = input as unknown as { changes: Record<string, { to: number }> }
    const [[resource, { to }]] = Object.entries(changes) as [[string, { to: number }]]
    if (failure === undefined) {
      const lent = cluster === 'prod' ? { 1: { cores: { dev: 4 } } } : {}
      const value = { kind: 'quota', limits: { [resource]: to }, lent }
      const done = { outcome: 'changed', applied: { target, scope, value }, note: 'set' } as const
      await journal.recordAttempt(claimed.action, done, null)
      const used = readings[resource]![cluster!]!.at(-1)![1]
      await journal.sample([{ series: quotaSeries('admin', cluster!, resource), value: [to, used] }])
    } else await journal.recordAttempt(claimed.action, { outcome: 'failed', reason: failure, called: true }, null)
    wake()
  }

  /** Both, with all steps. */
  async function move(...what: Parameters<typeof plan>) {
    const ids = await plan(...what)
    for (const _ of ids) await carryOut()
    return ids
  }

  /** Somebody asks for quota. */
  async function request(actor: string, cluster: string, resource: string, amount: number, until: number | null) {
    const data = {
      kind: 'quota-request',
      policy: 'quota-rebalance',
      lane: 'group:family',
      actor,
      cluster,
      resource,
      amount,
      until,
      reason: null,
      ends: null
    } as const
    await journal.append({
      events: [
        { event: event(`request-${++counter}`, { source: '/stackreflex/people', data }), lanes: [], note: null }
      ],
      ignored: []
    })
    wake()
  }
  return { base, journal, plan, carryOut, move, request, wake }
}
