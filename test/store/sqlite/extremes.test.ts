import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import type { Test } from 'tap'
import t from 'tap'
import { planSteps, skip } from '../../../src/core/policy.ts'
import type { Event, EventData } from '../../../src/events/event.ts'
import { normaliseGitlab } from '../../../src/events/gitlab.ts'
import { normaliseOpenstack } from '../../../src/events/openstack.ts'
import { explain } from '../../../src/people/explain/chain.ts'
import { renderExplanation } from '../../../src/people/explain/render.ts'
import { eventView } from '../../../src/people/explain/views.ts'
import type { Journal } from '../../../src/store/journal.ts'
import { migrations } from '../../../src/store/sqlite/schema.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { decided, event, HOUR, open, recorded, route, START, step } from '../../contract/journal-facts.ts'

let files = 0

async function journalIn(t: Test, clock = { now: START }): Promise<{ journal: Journal; path: string }> {
  const path = join(t.testdir(), `${files++}.db`)
  const journal = await openSqliteJournal({ path, now: () => clock.now })
  t.teardown(() => journal.close())
  return { journal, path }
}

/** Everything that people ask a journal for; whatever is in it, all of it is answered. */
async function readAll(journal: Journal): Promise<void> {
  const events = await journal.events({ limit: 1000 })
  for (const one of events) {
    eventView(one)
    renderExplanation(await explain(journal, String(one.seq)))
  }
  for (const one of await journal.decisions({ limit: 1000 }))
    renderExplanation(await explain(journal, `decision ${one.id}`))
  await journal.actions({ limit: 1000 })
  await journal.lanes({})
  await journal.counts()
  await journal.nextDue()
  await journal.stops()
  await journal.approvals({})
  await journal.pins()
  await journal.breaches({})
  await journal.quotaRequests('p', 'l')
  await journal.samples(['s'], 0)
  await journal.applied({ policy: 'p' })
  await journal.busyLanes('p')
}

/** Another lane is decided as if nothing were. */
async function othersGoOn(t: Test, journal: Journal): Promise<void> {
  const id = `plain-${files++}`
  await journal.append({ events: [route(event(id), id)], ignored: [] })
  for (let n = 0; n < 50; n++) {
    const claim = await journal.claimLane('w', HOUR)
    if (claim === null) break
    if (claim.unreadable !== undefined) await journal.parkLane(claim, claim.unreadable, 'build')
    else if (claim.key !== id) await journal.postponeLane(claim, START + 1e9, 'later')
    else return void (await decided(journal, claim, skip('nothing')))
  }
  t.fail(`lane ${id} was never claimed`)
}

const far = [
  ['2286-11-20T17:46:40.999999Z', 'a commit of the year 2286'],
  ['2300-01-01T00:00:00Z', 'a notification of the year 2300'],
  ['9999-12-31T23:59:59.999999Z', 'the last moment that oslo can write'],
  ['0001-01-01T00:00:00.000000Z', 'the first'],
  ['+275760-09-13T00:00:00.000Z', 'the last moment that JavaScript knows'],
  ['2027-03-03T12:00:00Z', 'a year and a day ahead'],
  ['2025-02-27T12:00:00Z', 'a year and a day ago']
] as const

t.test('an event of a far time counts by its receipt, says so, and stops nothing', async (t) => {
  for (const [time, what] of far) {
    const clock = { now: START }
    const { journal } = await journalIn(t, clock)
    const poison = event('poison', {
      time,
      data: { kind: 'server', name: 'w', oldName: null, state: 'active', addresses: [] }
    })
    t.match(await journal.append({ events: [route(poison, 'a')], ignored: [] }), { appended: 1, woke: 1 }, what)
    t.match(await journal.event('poison'), { time: new Date(START).toISOString(), saidTime: time.slice(0, 64) }, what)
    t.equal((await journal.claimLane('w', HOUR))?.events[0]?.id, 'poison', what)
    t.match(renderExplanation(await explain(journal, 'poison')), /dated it\s[^,]*, over\sa\syear\sfrom/, what)
    t.equal((await journal.eventAt(time, 'poison'))?.id, 'poison', 'found by what was said, too')
    clock.now += 5000
    const again = { events: [route(poison, 'a')], ignored: [] }
    t.match(await journal.append(again), { appended: 0, duplicates: 1, woke: 0 }, `${what}, once more`)
    await othersGoOn(t, journal)
    await readAll(journal)
  }
})

t.test('what is ignored has its time bounded too, and is kept once', async (t) => {
  const clock = { now: START }
  const { journal } = await journalIn(t, clock)
  const { id, source, type, subject, project } = event('ignored')
  const one = { id, source, type, subject, project, time: '2300-01-01T00:00:00Z', reason: 'of no use' }
  t.equal((await journal.append({ events: [], ignored: [one] })).appended, 1)
  clock.now += 1
  t.equal((await journal.append({ events: [], ignored: [one] })).appended, 0)
  t.match(await journal.event('ignored'), { saidTime: one.time, reason: 'of no use' })
})

t.test('a time within a year, and one that nobody said, are kept as they are', async (t) => {
  const { journal } = await journalIn(t)
  for (const time of ['2027-02-28T11:59:59.123456Z', '2025-03-02T00:00:00Z', '1970-01-01T00:00:00Z']) {
    await journal.append({ events: [route(event(time, { time }), 'a')], ignored: [] })
    t.match(await journal.event(time), {
      time: new Date(time).toISOString().replace('.123Z', '.123456Z'),
      saidTime: null
    })
  }
})

t.test('far dates of OpenStack and GitLab come in through their own doors', async (t) => {
  const { journal } = await journalIn(t)
  const body = {
    message_id: '6a7c2a10-0000-4000-8000-000000000000',
    event_type: 'compute.instance.create.end',
    timestamp: '2300-01-01 00:00:00.000000',
    publisher_id: 'compute.host',
    payload: { instance_id: 'f2b7a1de-0000-4000-8000-000000000000', tenant_id: 'p' }
  }
  const told = normaliseOpenstack(
    { exchange: 'nova', routingKey: 'notifications.info', body: Buffer.from(JSON.stringify(body)) },
    { openstack: 'c', region: 'r' }
  )
  const hook = {
    object_kind: 'pipeline',
    project: { id: 1, path_with_namespace: 'a/b', web_url: 'https://gitlab.example/a/b', default_branch: 'main' },
    object_attributes: { id: 7, ref: 'main', status: 'success', finished_at: '2286-11-20 17:46:41 UTC' }
  }
  const raw = { headers: {}, body: Buffer.from(JSON.stringify(hook)) }
  const hooked = normaliseGitlab(raw, { instance: 'gitlab', now: START })
  for (const one of [told, hooked]) {
    if (!one.ok) throw new Error(one.reason)
    const events = one.events.map((each) => route(each, each.id))
    t.equal((await journal.append({ events, ignored: one.ignored })).appended, 1)
  }
  for (const row of await journal.events({ limit: 5 }))
    t.match(row, { time: new Date(START).toISOString(), saidTime: /^2[23]/ })
  await othersGoOn(t, journal)
  await readAll(journal)
})

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    'a\0b',
    '\ud800',
    '\udc00x',
    '\u202egnp.exe',
    '\x1b[2J',
    '💥',
    "'; drop table event; --",
    'x'.repeat(100_000)
  )
)
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(
    2 ** 53,
    -(2 ** 53),
    2 ** 63,
    -(2 ** 63),
    1e300,
    -1e300,
    Number.MAX_SAFE_INTEGER,
    Number.NaN,
    Infinity,
    -0,
    1.5,
    8.64e15 + 1
  )
)
const time = fc.oneof(
  fc.constantFrom(...far.map(([one]) => one), 'nonsense', '', '1970-01-01T00:00:00Z', '-271821-04-20T00:00:00.000Z'),
  fc.date({ noInvalidDate: true }).map((one) => one.toISOString())
)
const textOrNull = fc.option(text)
const data: fc.Arbitrary<EventData> = fc.oneof(
  fc.constant({ kind: 'none' } as const),
  fc.record({
    kind: fc.constant('server' as const),
    name: textOrNull,
    oldName: textOrNull,
    state: textOrNull,
    addresses: fc.array(text, { maxLength: 3 })
  }),
  fc.record({
    kind: fc.constant('person' as const),
    actor: text,
    did: fc.constant('again' as const),
    about: text,
    reason: textOrNull
  }),
  fc.record({
    ...{ kind: fc.constant('quota-request' as const), actor: text, policy: fc.constant('p'), lane: fc.constant('l') },
    ...{
      cluster: text,
      resource: text,
      amount: number,
      until: fc.option(number),
      reason: textOrNull,
      ends: fc.option(number)
    }
  }),
  fc.record({
    kind: fc.constant('hint' as const),
    policy: text,
    lane: text,
    reason: text,
    resources: fc.array(text, { maxLength: 3 })
  })
)
const extreme: fc.Arbitrary<Event> = fc.record({
  ...{ id: text, source: text, type: text, subject: textOrNull, time, project: textOrNull },
  ...{ requestId: textOrNull, globalRequestId: textOrNull, userId: textOrNull, userName: textOrNull, data }
})

t.test('property: the most extreme event that is accepted is read by everybody, and stops no lane', async (t) => {
  const { journal } = await journalIn(t)
  await fc.assert(
    fc.asyncProperty(fc.array(extreme, { minLength: 1, maxLength: 4 }), text, async (events, key) => {
      const routed = events.map((one) => route(one, key, { resources: [key] }))
      await journal.append({ events: [route(event(`before-${files++}`), 'plain'), ...routed], ignored: [] })
      await othersGoOn(t, journal)
      for (const one of await journal.events({ limit: 5 })) {
        eventView(one)
        renderExplanation(await explain(journal, String(one.seq)))
      }
    }),
    { numRuns: 60 }
  )
  await readAll(journal)
})

const json = fc.oneof(text, number, fc.constant(null), fc.dictionary(text, number, { maxKeys: 3 }))

t.test('property: no text or number of a decision, an attempt or a person stops another lane', async (t) => {
  const { journal } = await journalIn(t)
  const words = fc.record({ a: text, b: text, c: text, n: number, m: number, json })
  await fc.assert(
    fc.asyncProperty(words, async ({ a, b, c, n, m, json }) => {
      // What is refused is refused for itself alone; the pipeline then parks the lane.
      const tried = (work: Promise<unknown>) => work.catch(() => {})
      const claim = async (key: string) => {
        await journal.append({ events: [route(event(`e${files++}`), key)], ignored: [] })
        return journal.claimLane('w', HOUR)
      }
      const one = await claim(`one-${files++}`)
      const planned = {
        ...planSteps(a, [{ ...step(`t${files++}`), scope: c, input: { say: json as never }, population: n }]),
        againAt: m
      }
      const more = {
        mode: 'approve' as const,
        requesters: [a],
        answers: { [b]: { query: { name: a, params: {} } as never, answer: json as never } }
      }
      if (one !== null)
        await tried(
          recorded(
            journal,
            one,
            { ...planned, findings: [b], resources: [c] },
            { ...more, actionIds: [`i${files++}`] },
            open
          )
        )
      const two = await claim(`two-${files++}`)
      if (two !== null) await tried(journal.postponeLane(two, n, a))
      const three = await claim(`three-${files++}`)
      if (three !== null) await tried(journal.parkLane(three, b, c))
      const four = await claim(`four-${files++}`)
      const target = `u${files++}`
      if (four !== null) await tried(decided(journal, four, planSteps(a, [step(target)]), { actionIds: [target] }))
      const step4 = await journal.claimAction('w', HOUR, open)
      if (step4?.verdict === 'proceed') {
        const applied = { target, scope: b, value: json as never }
        await tried(
          journal.recordAttempt(step4.action, { outcome: 'changed', applied, note: c, requestId: a } as never, n)
        )
      }
      await tried(journal.stop({ cluster: a, by: b, reason: c }, event(`s${files++}`, { subject: a })))
      await tried(journal.sample([{ series: 's', value: [n, m] }]))
      await tried(journal.setApplied('p', { target: b, scope: a, lane: c, value: json as never }, [a]))
      await tried(journal.recordDrift('p', {}, [{ lane: a, reason: b, resources: [c] } as never]))
      await othersGoOn(t, journal)
    }),
    { numRuns: 40 }
  )
  await readAll(journal)
})

t.test('a row that cannot be read parks its own lane; everything else is answered and decided', async (t) => {
  const { journal, path } = await journalIn(t)
  const server = { kind: 'server', name: 'w', oldName: null, state: 'active', addresses: [] } as const
  await journal.append({
    events: [route(event('bad', { data: server }), 'bad'), route(event('good', { data: server }), 'good')],
    ignored: []
  })
  const other = new DatabaseSync(path)
  other.exec(`update event set data = '{"kind":' where id = 'bad'`)
  const first = (await journal.claimLane('w', HOUR))!
  t.match(first, { key: 'bad', unreadable: /^event 1 cannot be read: its row in the journal is damaged/ })
  await journal.parkLane(first, first.unreadable!, 'build')
  t.equal((await journal.claimLane('w', HOUR))?.key, 'good')
  t.match(await journal.event('bad'), { data: null, reason: /^event 1 cannot be read/ })
  t.match(renderExplanation(await explain(journal, 'bad')), /cannot be read/)
  await journal.append({ events: [route(event('later', { data: server }), 'bad')], ignored: [] })
  t.match(
    (await journal.claimLane('w', HOUR))?.events.map(({ id }) => id),
    ['later'],
    'tried again, it is decided without'
  )
  other.close()
})

t.test('numbers that another hand wrote into any column keep nobody from reading', async (t) => {
  const { journal, path } = await journalIn(t)
  await journal.append({ events: [route(event('1'), 'a'), route(event('2'), 'b')], ignored: [] })
  const claim = (await journal.claimLane('w', HOUR))!
  await decided(journal, claim, planSteps('x', [step('t1')]), { actionIds: ['i1'] })
  await journal.sample([{ series: 's', value: [1] }])
  const other = new DatabaseSync(path)
  const tables = other.prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite%'`).all()
  for (const { name } of tables) {
    const columns = other.prepare(`select name, type, pk from pragma_table_info(?)`).all(name as string)
    for (const { name: column, type, pk } of columns) {
      if (type !== 'INTEGER' && type !== 'integer') continue
      if (
        pk !== 0 ||
        ['lane', 'seq', 'decision', 'head', 'last', 'action', 'open', 'pending', 'tries', 'generation'].includes(
          String(column)
        )
      )
        continue
      other.exec(`begin; update or ignore ${name} set ${column} = 9007199254740993 where ${column} is not null; commit`)
    }
  }
  await readAll(journal)
  const texts = ['findings', 'resources', 'plan', 'hints', 'answers', 'given', 'requesters']
  other.exec(`update decision set ${texts.map((one) => `${one} = '{'`).join(', ')}`)
  other.exec(
    `update action set input = '{', inverse = '{'; update sample set value = '['; update answer set body = '{'`
  )
  await readAll(journal)
  t.match(await journal.decisions({ limit: 1 }), [{ reason: /^decision 1 cannot be read/, plan: [], requesters: [] }])
  other.exec(`update action set due = 0`)
  t.match(await journal.claimAction('w', HOUR, open), {
    verdict: 'refuse',
    rule: 'unreadable',
    reason: /^action i1 cannot be read/
  })
  other.close()
})

t.test('the rows of earlier versions with a far time are mended when the file is opened', async (t) => {
  const path = join(t.testdir(), 'old.db')
  const said = migrations.findIndex((one) => one.includes('event_said'))
  const old = new DatabaseSync(path)
  old.exec('create table meta (key text primary key, value text not null) without rowid')
  for (const one of migrations.slice(0, said)) old.exec(one)
  old.prepare(`insert into meta values ('schema', ?)`).run(String(said))
  const insert = old.prepare(
    `insert into event (at, id, received, source, type, data) values (?, ?, ?, 's', 'x', '{"kind":"none"}')`
  )
  insert.run(BigInt(Date.parse('2300-01-01T00:00:00Z')) * 1000n, 'far', START)
  insert.run(BigInt(START) * 1000n, 'near', START)
  old.close()
  const journal = await openSqliteJournal({ path, now: () => START })
  t.teardown(() => journal.close())
  t.match(await journal.event('far'), { time: new Date(START).toISOString(), saidTime: '2300-01-01T00:00:00Z' })
  t.match(await journal.event('near'), { saidTime: null })
})
