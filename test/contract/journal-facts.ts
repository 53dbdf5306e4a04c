import type { ActionRequest, Result, Risk } from '../../src/core/action.ts'
import type { Facts, Guard, GuardedStep, Verdict } from '../../src/core/guard.ts'
import type { Decision } from '../../src/core/policy.ts'
import type { RoutedEvent, Wake } from '../../src/core/routed-event.ts'
import type { Event, Ignored } from '../../src/events/event.ts'
import type { ClaimedLane } from '../../src/store/claims.ts'
import type { Journal } from '../../src/store/journal.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const START = Date.parse('2026-03-01T12:00:00Z')

export function event(id: string, more: Partial<Event> = {}): Event {
  return {
    id,
    source: '/openstack/c/r/nova',
    type: 'compute.instance.create.end',
    subject: 's1',
    time: '2026-03-01T11:59:59.123456Z',
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'none' },
    ...more
  }
}

export function ignored(id: string): Ignored {
  const { source, type, subject, time, project } = event(id)
  return { id, source, type, subject, time, project, reason: 'of no use' }
}

export function wake(key: string, more: Partial<Wake> = {}): Wake {
  return { policy: 'p', key, quietMs: 0, maxMs: 0, resources: [], ...more }
}

export function route(one: Event, key: string, more: Partial<Wake> = {}): RoutedEvent {
  return { event: one, lanes: [wake(key, more)], note: null }
}

export function step(target: string, risk: Risk = 'update', scope = 'zone'): ActionRequest {
  return { type: 'say', risk, cluster: null, target, scope, input: { say: target } }
}

export function changed(target: string): Result {
  return { outcome: 'changed', applied: { target, scope: 'zone', value: { say: target } }, note: 'said' }
}

export function gone(target: string): Result {
  return { outcome: 'changed', applied: { target, scope: 'zone', value: null }, note: 'deleted' }
}

export function unchanged(target: string, value: { say: string } | null = { say: target }): Result {
  return { outcome: 'unchanged', applied: { target, scope: 'zone', value }, note: 'was so' }
}

export function decided(
  journal: Journal,
  claim: ClaimedLane,
  decision: Decision,
  more: Partial<Parameters<Journal['recordDecision']>[1]> = {}
): Promise<number | null> {
  return recorded(journal, claim, decision, more).then((one) => one?.id ?? null)
}

/** The same, with all that came of it, under a guard. */
export function recorded(
  journal: Journal,
  claim: ClaimedLane,
  decision: Decision,
  more: Partial<Parameters<Journal['recordDecision']>[1]> = {},
  guard: Guard = open
): ReturnType<Journal['recordDecision']> {
  const settings = { zone: 'example.org.' }
  const record = {
    decision,
    mode: 'enforce',
    answers: {},
    settings,
    now: START,
    build: 'build',
    hash: decision.steps.map((step) => JSON.stringify(step)).join(),
    requesters: [],
    approvalMs: HOUR,
    actionIds: [],
    hints: []
  } as const
  return journal.recordDecision(claim, { ...record, ...more }, guard)
}

/** A guard that says what it is told; it counts what is deleted in a scope within an hour. */
export const saying = (judge: (step: GuardedStep, facts: Facts) => Verdict): Guard => ({
  asks: () => [{ match: { risk: 'delete' }, windowMs: HOUR, among: 'project' }],
  judge
})

/** Lets everything pass. */
export const open: Guard = saying(() => ({ verdict: 'proceed' }))
