import type { Journal } from '../../src/store/journal.ts'
import type { ActionRow, DecisionRow, EventRow, LaneRow, Page } from '../../src/store/rows.ts'

/** What the read side of a journal is made of, as plain lists, oldest first. */
export interface Story {
  readonly events: readonly EventRow[]
  readonly decisions: readonly DecisionRow[]
  readonly actions: readonly ActionRow[]
  readonly lanes: readonly LaneRow[]
  readonly answers: Readonly<Record<string, unknown>>
}

const START = Date.UTC(2026, 10, 23, 3, 0, 0)
export const at = (ms: number): number => START + ms

export const event = (seq: number, more: Partial<EventRow>): EventRow => ({
  seq,
  id: `message-${seq}/${more.type ?? 'x'}#0`,
  receivedAt: at(seq),
  time: new Date(at(seq)).toISOString(),
  source: '/openstack/lab/RegionOne/nova',
  type: 'compute.instance.create.end',
  subject: null,
  project: 'p1',
  requestId: null,
  globalRequestId: null,
  userId: null,
  userName: null,
  data: { kind: 'none' },
  reason: null,
  ignored: false,
  saidTime: null,
  ...more
})

export const decision = (id: number, more: Partial<DecisionRow>): DecisionRow => ({
  id,
  policy: 'dns-records',
  lane: 'name:web-1.dev.lab.',
  at: at(100 * id),
  mode: 'enforce',
  outcome: 'skip',
  reason: 'nothing differs',
  findings: [],
  generation: 1,
  events: [],
  resources: [],
  plan: [],
  hints: [],
  answers: {},
  settings: '{"zone":"lab."}',
  build: 'b1',
  given: [],
  verdict: null,
  hash: null,
  approval: null,
  requesters: [],
  ...more
})

export const action = (seq: number, more: Partial<ActionRow>): ActionRow => ({
  id: `action-${seq}`,
  seq,
  decision: 1,
  ordinal: 0,
  policy: 'dns-records',
  lane: 'name:web-1.dev.lab.',
  type: 'recordset-set',
  risk: 'create',
  cluster: 'dev',
  target: 'recordset/lab./web-1.dev.lab./A',
  scope: 'zone/lab.',
  input: { name: 'web-1.dev.lab.', type: 'A', records: ['10.0.0.5'] },
  state: 'done',
  reason: null,
  requestId: `req-action-${seq}`,
  createdAt: at(300),
  finishedAt: at(800),
  holder: null,
  inverse: null,
  attempts: [],
  ...more
})

export const lane = (key: string, more: Partial<LaneRow> = {}): LaneRow => ({
  policy: 'dns-records',
  key,
  pending: 0,
  parked: null,
  waiting: null,
  held: null,
  heldUntil: null,
  dueAt: null,
  openDecision: null,
  ...more
})

const hint = (seq: number, to: string) =>
  event(seq, {
    source: '/stackreflex/decide',
    type: 'stackreflex.hint',
    subject: 'server-1',
    data: {
      kind: 'hint',
      policy: 'dns-records',
      lane: to,
      reason: 'server web-1 is ACTIVE',
      resources: ['server/p1/server-1']
    }
  })

/** A server boots: one record is made at the second try, the reverse one is refused by the guard. */
export const booted: Story = {
  events: [
    event(1, { subject: 'server-1', requestId: 'req-boot', data: { kind: 'server', name: 'web-1' } }),
    event(2, {
      type: 'image.upload',
      source: '/openstack/lab/RegionOne/glance',
      reason: 'no policy uses images',
      ignored: true
    }),
    event(201, { ...hint(201, 'name:web-1.dev.lab.') }),
    event(202, { ...hint(202, 'ptr:10.0.0.5') }),
    event(203, {
      receivedAt: at(810),
      type: 'dns.recordset.create',
      source: '/openstack/lab/RegionOne/designate',
      subject: 'recordset-1',
      globalRequestId: 'req-action-1',
      reason: 'caused by our own action action-1'
    })
  ],
  decisions: [
    decision(2, {
      lane: 'server/p1/server-1',
      at: at(200),
      reason: 'server web-1 is ACTIVE',
      events: [1],
      resources: ['server/p1/server-1'],
      hints: [
        { lane: 'name:web-1.dev.lab.', reason: 'server web-1 is ACTIVE' },
        { lane: 'ptr:10.0.0.5', reason: 'server web-1 is ACTIVE' }
      ]
    }),
    decision(3, {
      at: at(300),
      outcome: 'act',
      reason: 'web-1.dev.lab. A: [10.0.0.5] is missing',
      findings: ['web-1.dev.lab. A: [10.0.0.5] is missing', 'AAAA: nothing is wanted'],
      events: [201],
      resources: ['server/p1/server-1'],
      answers: { at: { query: { name: 'recordsets-at', params: { name: 'web-1.dev.lab.' } }, sha256: 'h1' } }
    }),
    decision(4, {
      lane: 'ptr:10.0.0.5',
      at: at(310),
      outcome: 'act',
      reason: 'the PTR of 10.0.0.5 is of a server that is gone',
      events: [202],
      resources: ['server/p1/server-1']
    })
  ],
  actions: [
    action(1, {
      decision: 3,
      attempts: [
        {
          n: 1,
          startedAt: at(320),
          endedAt: at(420),
          outcome: 'retry',
          note: 'designate answered 503',
          requestId: null
        },
        { n: 2, startedAt: at(700), endedAt: at(800), outcome: 'changed', note: 'A is [10.0.0.5]', requestId: null }
      ]
    }),
    action(2, {
      decision: 4,
      lane: 'ptr:10.0.0.5',
      type: 'recordset-delete',
      risk: 'delete',
      target: 'recordset/10.in-addr.arpa./5.0.0.10.in-addr.arpa./PTR',
      state: 'refused',
      reason: 'delete 4 of 10 in zone/10.in-addr.arpa. within 60 min exceeds 30 %',
      createdAt: at(311)
    })
  ],
  lanes: [
    lane('server/p1/server-1'),
    lane('name:web-1.dev.lab.'),
    lane('ptr:10.0.0.5', { pending: 2, dueAt: at(60_000) }),
    lane('name:db.dev.lab.', { parked: 'TypeError: \u001b[31mred' })
  ],
  answers: { h1: { recordsets: [], zone: { name: 'lab.', id: 'z1' }, count: 7 } }
}

const paged = <Row>(rows: readonly Row[], page: Page, place: (row: Row) => number): Row[] =>
  rows
    .filter((row) => page.before === undefined || place(row) < page.before)
    .toSorted((a, b) => place(b) - place(a))
    .slice(0, page.limit)

const unused = (): never => {
  throw new Error('the read side only')
}

/** The read side of a journal over plain lists; whatever writes throws. */
export function journalOf(story: Story): Journal {
  const { events, decisions, actions, lanes, answers } = story
  const about = (row: { lane: string }, resource: string | undefined) =>
    resource === undefined ||
    decisions.some(
      (one) => one.lane === row.lane && one.resources.some((id) => id === resource || id.endsWith(`/${resource}`))
    )
  const read: Partial<Journal> = {
    probe: async () => ({ freeBytes: null }),
    namePins: async () => [],
    stops: async () => [],
    approvals: async () => [],
    breaches: async () => [],
    counts: async () => ({
      events: events.length,
      lanesPending: lanes.filter((one) => one.pending > 0).length,
      lanesParked: lanes.filter((one) => one.parked !== null).length,
      actionsOpen: 0,
      lanesHeld: 0,
      approvalsOpen: 0,
      missed: 1,
      noEventExists: 2,
      lastEventAt: events.at(-1)?.receivedAt ?? null
    }),
    events: async (page) =>
      paged(
        events.filter(
          (row) =>
            (page.resource === undefined || row.subject === page.resource) &&
            (page.type === undefined || row.type === page.type) &&
            (page.project === undefined || row.project === page.project) &&
            (page.since === undefined || row.receivedAt >= page.since)
        ),
        page,
        (row) => row.seq
      ),
    event: async (id) => events.find((row) => row.id === id || String(row.seq) === id) ?? null,
    decisions: async (page) =>
      paged(
        decisions.filter(
          (row) =>
            (page.id === undefined || row.id === page.id) &&
            (page.lane === undefined || row.lane === page.lane) &&
            (page.event === undefined || row.events.includes(page.event)) &&
            (page.since === undefined || row.at >= page.since) &&
            about(row, page.resource)
        ),
        page,
        (row) => row.id
      ),
    actions: async (page) =>
      paged(
        actions.filter(
          (row) =>
            (page.id === undefined || row.id === page.id) &&
            (page.decision === undefined || row.decision === page.decision)
        ),
        page,
        (row) => row.seq
      ),
    lanes: async ({ key, resource, parked }) =>
      lanes.filter(
        (row) =>
          (key === undefined || row.key === key) &&
          (resource === undefined || row.key.endsWith(`/${resource}`)) &&
          (parked === undefined || (row.parked !== null) === parked)
      ),
    answer: async (sha256) => answers[sha256] as never,
    close: async () => {}
  }
  return new Proxy(read as Journal, {
    get: (target, name) => target[name as keyof Journal] ?? (name === 'then' ? undefined : unused)
  })
}
