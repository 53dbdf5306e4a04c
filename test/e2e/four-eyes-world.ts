import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { createLog } from '../../src/base/log.ts'
import type { Action } from '../../src/core/action.ts'
import { guard } from '../../src/core/guard.ts'
import { type Policy, planSteps, skip } from '../../src/core/policy.ts'
import type { Answers } from '../../src/core/query.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { act as actStage, decide, receive } from '../../src/pipeline/pipeline.ts'
import type { Tools } from '../../src/policies/shared/tools.ts'
import { requestersOf } from '../../src/process/requester.ts'
import type { Journal } from '../../src/store/journal.ts'
import { openJournal } from '../../src/store/open.ts'

export const HOUR = 3_600_000
const calendar = {
  timeZone: 'UTC',
  windows: [{ name: 'w', policies: null, risks: null, times: 'always' }],
  freezes: []
} as const
const prod = { tier: 'change-controlled', calendar, inFlight: null } as const
const approvalRule = { required: 1, groups: ['sre'] }
const plain = {
  settings: Type.Object({}),
  actions: ['put'],
  check: () => [],
  quietMs: 0,
  maxMs: 0,
  sweep: null
} as const

/** What of a lane of `keep`, or of the thing that `again` restarts, is there; whoever likes may change it. */
interface There {
  wanted: number
  have: number
}

/** The product's stages and doors on a real journal, on prod, over a world that is a few numbers; its clock stands still. */
export async function fourEyesWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-four-eyes-'))
  const world = {
    now: Date.parse('2026-11-02T12:00:00Z'),
    things: { a: { wanted: 1, have: 1 }, b: { wanted: 1, have: 1 } } as Record<string, There>,
    /** So many times it has been restarted, by whomever. */
    restarted: 0,
    failing: false
  }
  const step = (target: string, input: object) => ({
    ...{ type: 'put', risk: 'update' as const, cluster: 'prod', target, scope: 's', input: { target, ...input } }
  })
  /** Keeps things as they are wanted: whatever people say of its lanes, the world decides what is planned. */
  const keep: Policy<never, Answers> = {
    ...plain,
    name: 'keep',
    kind: 'reconcile',
    lanes: (event) => (event.data.kind === 'none' && event.subject !== null ? [event.subject] : { none: 'not for it' }),
    needs: (lane) => ({ it: { name: 'thing', params: { key: lane.key } } }),
    decide(lane, answers) {
      const { wanted, have } = answers.it as unknown as There
      if (lane.key === 'look')
        return skip('only looks', {
          hints: Object.keys(world.things).map((key) => ({ lane: key, reason: 'r', resources: [] }))
        })
      return wanted === have
        ? skip('as it is wanted')
        : planSteps('differs', [step(lane.key, { from: have, to: wanted })])
    }
  }
  /** A restart for each wish, on what is there: another one's restart makes it another plan. */
  const restarts: Policy<never, Answers> = {
    ...plain,
    name: 'restarts',
    kind: 'reaction',
    lanes: ({ id, data }) =>
      data.kind === 'person' && data.did === 'restart' ? [`restart ${id}`] : { none: 'no wish' },
    needs: () => ({ it: { name: 'restarted', params: {} } }),
    decide(lane, answers) {
      const { times, done } = answers.it as unknown as { times: number; done: readonly string[] }
      return done.includes(lane.key)
        ? skip('was restarted')
        : planSteps('asked for', [step('it', { times, by: lane.key })])
    }
  }
  const done: string[] = []
  const put: Action<Tools> = {
    type: 'put',
    async perform(given, { target }) {
      const input = given as unknown as { from: number; to: number; times?: number; by: string }
      if (world.failing) return { outcome: 'failed', reason: 'it is broken', called: false }
      if (input.times !== undefined) {
        if (input.times !== world.restarted) return { outcome: 'stale', reason: 'restarted by somebody else' }
        world.restarted++
        done.push(input.by)
      } else {
        const thing = world.things[target]!
        if (thing.have !== input.from) return { outcome: 'stale', reason: 'changed by somebody else' }
        thing.have = input.to
      }
      return { outcome: 'changed', applied: { target, scope: 's', value: 1 }, note: 'put' }
    }
  }
  const modes = { mode: 'enforce', clusters: { prod: 'approve' } } as const
  const enabled = [keep, restarts].map((policy) => ({ policy, ...modes, settings: {} }))
  const open = () => openJournal({ path: join(folder, 'journal.db'), now: () => world.now })
  let journal: Journal = await open()
  const people = { slack: null, gitlab: { secrets: [], users: {} } }
  const parts = (): Parts => ({
    journal,
    policies: enabled,
    actions: [put],
    tools: { openstackOf: () => null } as unknown as Tools,
    load: async ({ name, params }) =>
      name === 'restarted'
        ? { times: world.restarted, done: [...done] }
        : { ...(world.things[(params as { key: string }).key] ?? { wanted: 0, have: 0 }) },
    guard: guard({ clusters: { prod }, budgets: [], coolDowns: [] }, { keep: modes, restarts: modes }),
    approvalMs: HOUR,
    requestersOf: (event) => requestersOf(event, people),
    fourEyes: () => true,
    ...{ owner: 'w', build: 'test', installId: 'x', now: () => world.now, random: () => 0.5, sleep: async () => {} },
    log: createLog({ level: 'fatal' }),
    counted: () => {}
  })
  const tiers = { bursty: approvalRule, 'change-controlled': approvalRule, 'always-on': approvalRule }
  const context = (): OperationsContext => ({
    journal,
    tiers: { prod: 'change-controlled' },
    approvals: { expiresMs: HOUR, tiers },
    operate: ['sre'],
    now: () => world.now,
    receive: (batch) => receive(parts(), batch)
  })
  let events = 0
  return {
    world,
    context,
    journal: () => journal,
    parts,
    /** The cloud says that something happened to a thing. */
    async told(subject: string) {
      const none = { project: null, requestId: null, globalRequestId: null, data: { kind: 'none' } } as const
      const time = new Date(world.now).toISOString()
      const event = { id: `e${events++}`, source: '/openstack/x', type: 'x', subject, time, ...none }
      await receive(parts(), { events: [event], ignored: [] })
    },
    /** All that is due, a second passing with each: `claimed` hears of each step right before it is performed. */
    async work(claimed: (decision: number) => Promise<void> = async () => {}) {
      for (let turn = 0; turn < 30; turn++) {
        world.now += 1000
        let busy = false
        while (await decide(parts())) busy = true
        const watched = parts()
        const heard: Parts = {
          ...watched,
          journal: {
            ...watched.journal,
            claimAction: async (...asked) => {
              const claim = await journal.claimAction(...asked)
              if (claim?.verdict === 'proceed') await claimed(claim.action.decision)
              return claim
            }
          }
        }
        while (await actStage(heard)) busy = true
        if (!busy && turn > 2) return
      }
    },
    async restart() {
      await journal.close()
      journal = await open()
      await journal.releaseEarlier('w#2')
      await journal.releaseHeld('all')
    },
    async close() {
      await journal.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
export type FourEyesWorld = Awaited<ReturnType<typeof fourEyesWorld>>
