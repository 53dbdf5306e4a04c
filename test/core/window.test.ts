import fc from 'fast-check'
import t from 'tap'
import type { Times } from '../../src/core/recurrence.ts'
import { type Calendar, changesAllowed, type Freeze, type Window } from '../../src/core/window.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const step = { policy: 'dns-records', risk: 'delete' } as const

const window = (from: string, hours: number, repeat: string | null = null, more: Partial<Window> = {}): Window => ({
  name: 'w',
  policies: null,
  risks: null,
  times: { from, forMs: hours * HOUR, repeat },
  ...more
})
const freeze = (name: string, from: string, hours: number, repeat: string | null = null): Freeze => ({
  name,
  times: { from, forMs: hours * HOUR, repeat }
})
const calendar = (timeZone: string, windows: readonly Window[], freezes: readonly Freeze[] = []): Calendar => ({
  timeZone,
  windows,
  freezes
})
const iso = (until: number | null) => (until === null ? null : new Date(until).toISOString().replace('.000', ''))

/** `w until …`, or what denies it. */
const asked = (of: Calendar, at: string, controlled = true) => {
  const { until, ...said } = changesAllowed(of, controlled, step, Date.parse(at))
  return `${said.allowed ? said.by : `${said.rule} ${said.name}`} until ${iso(until)}`
}

t.test('a window for a policy is one for each of its instances, and one for an instance for that alone', async (t) => {
  const open = (policies: readonly string[], policy: string) => {
    const of = calendar('UTC', [window('2026-01-01T00:00', 1, null, { policies })])
    return changesAllowed(of, true, { policy, risk: 'update' }, Date.parse('2026-01-01T00:30:00Z')).allowed
  }
  t.ok(open(['dns-records'], 'dns-records@berlin'))
  t.ok(open(['dns-records@berlin'], 'dns-records@berlin'))
  t.notOk(open(['dns-records@frankfurt'], 'dns-records@berlin'))
  t.notOk(open(['dns-records@berlin'], 'dns-records'))
  t.notOk(open(['dns'], 'dns-records@berlin'))
})

t.test('who needs a window', async (t) => {
  const never = { allowed: false, rule: 'window', name: null, until: null }
  t.strictSame(changesAllowed(calendar('UTC', []), true, step, 0), never, 'a controlled cluster without one: never')
  t.strictSame(changesAllowed(calendar('UTC', []), false, step, 0), {
    allowed: true,
    by: 'no window is configured',
    until: null
  })
  t.strictSame(
    changesAllowed(calendar('UTC', [window('2026-01-01T00:00', 1)]), false, step, Date.UTC(2027, 0)),
    never,
    'whoever has one is held to it'
  )
})

t.test('a window is for some policies and risks', async (t) => {
  const at = (more: Partial<Window>) =>
    changesAllowed(calendar('UTC', [window('2026-01-01T00:00', 1, null, { times: 'always', ...more })]), true, step, 0)
  t.strictSame(at({}), { allowed: true, by: 'w', until: null })
  t.match(at({ policies: ['dns-records'], risks: ['create', 'delete'] }), { allowed: true })
  t.match(at({ policies: ['other'] }), { allowed: false, until: null })
  t.match(at({ risks: ['create', 'update'] }), { allowed: false, until: null })
})

t.test('the start is inside, the end is outside', async (t) => {
  const berlin = calendar('Europe/Berlin', [window('2026-01-06T22:00', 4, 'FREQ=WEEKLY;BYDAY=TU,TH')])
  const cases = {
    '2026-01-06T20:59:59.999Z': 'window w until 2026-01-06T21:00:00Z',
    '2026-01-06T21:00:00Z': 'w until 2026-01-07T01:00:00Z',
    '2026-01-06T23:30:00Z': 'w until 2026-01-07T01:00:00Z',
    '2026-01-07T00:59:59.999Z': 'w until 2026-01-07T01:00:00Z',
    '2026-01-07T01:00:00Z': 'window w until 2026-01-08T21:00:00Z',
    '2025-06-01T00:00:00Z': 'window w until 2026-01-06T21:00:00Z',
    '2036-07-01T20:00:00Z': 'w until 2036-07-02T00:00:00Z'
  }
  for (const [at, expected] of Object.entries(cases)) t.equal(asked(berlin, at), expected, at)
})

t.test('of two open windows the longer one is told', async (t) => {
  const both = calendar('UTC', [
    window('2026-01-01T00:00', 5, null, { name: 'long' }),
    window('2026-01-01T01:00', 1, null, { name: 'short' })
  ])
  t.equal(asked(both, '2026-01-01T01:30Z'), 'long until 2026-01-01T05:00:00Z')
})

t.test('clocks that skip an hour, or show it twice', async (t) => {
  const daily = (timeZone: string, from: string, hours = 1) => calendar(timeZone, [window(from, hours, 'FREQ=DAILY')])
  const berlin = daily('Europe/Berlin', '2026-01-01T02:30')
  const newYork = daily('America/New_York', '2020-01-01T02:30')
  const newYorkOne = daily('America/New_York', '2020-01-01T01:30')
  const lordHowe = daily('Australia/Lord_Howe', '2026-01-01T02:15')
  const lordHoweOne = daily('Australia/Lord_Howe', '2026-01-01T01:45')
  const cases: readonly [Calendar, string, string, string][] = [
    // 02:00 → 03:00: 02:30 is read as 03:30 +02:00.
    [berlin, '2026-03-29T01:29:59Z', 'window w until 2026-03-29T01:30:00Z', 'Berlin, gap, before'],
    [berlin, '2026-03-29T01:30:00Z', 'w until 2026-03-29T02:30:00Z', 'Berlin, gap'],
    [berlin, '2026-03-29T02:30:00Z', 'window w until 2026-03-30T00:30:00Z', 'Berlin, the day after'],
    // 03:00 → 02:00: the first 02:30, +02:00, and an hour is an hour.
    [berlin, '2026-10-25T00:30:00Z', 'w until 2026-10-25T01:30:00Z', 'Berlin, the first of both'],
    [berlin, '2026-10-25T01:30:00Z', 'window w until 2026-10-26T01:30:00Z', 'Berlin, not the second'],
    [newYork, '2026-03-08T07:30:00Z', 'w until 2026-03-08T08:30:00Z', 'New York, gap'],
    [newYork, '2026-03-08T07:29:00Z', 'window w until 2026-03-08T07:30:00Z', 'New York, gap, before'],
    [newYorkOne, '2026-11-01T05:30:00Z', 'w until 2026-11-01T06:30:00Z', 'New York, the first of both'],
    [newYorkOne, '2026-11-01T06:30:00Z', 'window w until 2026-11-02T06:30:00Z', 'New York, not the second'],
    // Half an hour: 02:00 → 02:30 on 4 October, 02:00 → 01:30 on 5 April.
    [lordHowe, '2026-10-03T15:45:00Z', 'w until 2026-10-03T16:45:00Z', 'Lord Howe, gap: 02:45 +11:00'],
    [lordHowe, '2026-10-03T15:44:00Z', 'window w until 2026-10-03T15:45:00Z', 'Lord Howe, gap, before'],
    [lordHoweOne, '2026-04-04T14:45:00Z', 'w until 2026-04-04T15:45:00Z', 'Lord Howe, the first of both'],
    [lordHoweOne, '2026-04-04T15:45:00Z', 'window w until 2026-04-05T15:15:00Z', 'Lord Howe, not the second'],
    // Four hours of elapsed time over the change.
    [daily('Europe/Berlin', '2026-01-01T00:00', 4), '2026-03-29T02:59:59Z', 'w until 2026-03-29T03:00:00Z', 'spring'],
    [daily('Europe/Berlin', '2026-01-01T00:00', 4), '2026-10-25T01:59:59Z', 'w until 2026-10-25T02:00:00Z', 'autumn']
  ]
  for (const [of, at, expected, name] of cases) t.equal(asked(of, at), expected, name)
})

t.test('a weekly window over midnight and over the change', async (t) => {
  const night = calendar('Europe/Berlin', [window('2026-01-03T22:00', 8, 'FREQ=WEEKLY;BYDAY=SA')])
  t.equal(asked(night, '2026-03-29T03:00:00Z'), 'w until 2026-03-29T05:00:00Z', 'ends at 07:00 of the clock')
  t.equal(asked(night, '2026-10-25T03:00:00Z'), 'w until 2026-10-25T04:00:00Z', 'ends at 05:00 of the clock')
  t.equal(asked(night, '2026-10-25T04:00:00Z'), 'window w until 2026-10-31T21:00:00Z')
})

t.test('UNTIL and COUNT', async (t) => {
  const until = (value: string) => calendar('Europe/Berlin', [window('2026-01-01T10:00', 1, `FREQ=DAILY;${value}`)])
  for (const value of ['UNTIL=20260103T090000Z', 'UNTIL=20260103', 'COUNT=3']) {
    t.equal(asked(until(value), '2026-01-02T12:00Z'), 'window w until 2026-01-03T09:00:00Z', value)
    t.equal(asked(until(value), '2026-01-03T09:30Z'), 'w until 2026-01-03T10:00:00Z', value)
    t.equal(asked(until(value), '2026-01-03T10:00Z'), 'window null until null', value)
    t.equal(asked(until(value), '2031-01-03T10:00Z'), 'window null until null', value)
  }
  t.equal(asked(until('UNTIL=20260103T085959Z'), '2026-01-02T12:00Z'), 'window null until null')
})

t.test('freezes', async (t) => {
  const yearEnd = freeze('year-end', '2020-12-18T00:00', 20 * 24, 'FREQ=YEARLY')
  const open = calendar('Europe/Berlin', [], [yearEnd])
  t.equal(asked(open, '2026-12-17T22:59:59Z', false), 'no window is configured until null')
  t.equal(asked(open, '2026-12-17T23:00:00Z', false), 'freeze year-end until 2027-01-06T23:00:00Z')
  t.equal(asked(open, '2027-01-06T22:59:59Z', false), 'freeze year-end until 2027-01-06T23:00:00Z')
  t.equal(asked(open, '2027-01-06T23:00:00Z', false), 'no window is configured until null')

  const always = window('', 0, null, { times: 'always' })
  t.equal(
    asked(calendar('Europe/Berlin', [always], [yearEnd]), '2026-12-24T00:00Z'),
    'freeze year-end until 2027-01-06T23:00:00Z',
    'over a window that is always open'
  )
  const longer = freeze('longer', '2026-12-20T00:00', 30 * 24)
  t.equal(
    asked(calendar('UTC', [always], [yearEnd, longer]), '2026-12-24T00:00Z'),
    'freeze longer until 2027-01-19T00:00:00Z',
    'the one that ends last'
  )
})

t.test('the next opening lies in no freeze', async (t) => {
  const daily = window('2026-01-01T22:00', 4, 'FREQ=DAILY')
  const weekly = window('2026-01-06T22:00', 4, 'FREQ=WEEKLY')
  const at = (windows: Window[], freezes: Freeze[]) => asked(calendar('UTC', windows, freezes), '2026-02-03T12:00Z')
  t.equal(at([weekly], [freeze('f', '2026-02-03T20:00', 12)]), 'window w until 2026-02-10T22:00:00Z', 'the next one')
  t.equal(at([daily], [freeze('f', '2026-02-03T20:00', 4)]), 'window w until 2026-02-04T00:00:00Z', 'the rest of it')
  t.equal(
    at([daily], [freeze('f', '2026-02-03T20:00', 4), freeze('g', '2026-02-04T00:00', 24)]),
    'window w until 2026-02-05T00:00:00Z',
    'one freeze after the other'
  )
  t.equal(at([daily], [freeze('f', '2026-02-03T20:00', 12, 'FREQ=DAILY')]), 'window null until null', 'never')
  t.equal(
    at([window('2026-01-01T22:00', 4, 'FREQ=YEARLY;INTERVAL=4')], []),
    'window w until 2030-01-01T22:00:00Z',
    'years away'
  )
})

const shown = new Map<string, string>()

/** The clocks of a zone, asked in another way than the code does; once for each instant, since to ask is slow. */
function clock(timeZone: string, instant: number): string {
  const key = `${timeZone} ${instant}`
  let wall = shown.get(key)
  if (wall === undefined) {
    wall = new Date(instant).toLocaleString('sv-SE', { timeZone }).replace(' ', 'T').slice(0, 16)
    shown.set(key, wall)
  }
  return wall
}

/** The first minute of `day` ± a day that shows this time; where none does, as many minutes after the gap. */
function bruteInstant(timeZone: string, day: string, time: string): number {
  const noon = Date.parse(`${day}T12:00Z`)
  for (let back = 0; ; back += 30) {
    const wall = new Date(Date.parse(`${day}T${time}Z`) - back * 60_000).toISOString().slice(0, 16)
    for (let at = noon - 30 * HOUR; at < noon + 30 * HOUR; at += 15 * 60_000)
      if (clock(timeZone, at) === wall) return at + back * 60_000
  }
}

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

t.test('allowed if and only if counting all starts says so', async () => {
  // Around the changes of clocks, where it is hard; quarters of an hour, as changes are.
  const zones = fc.constantFrom(
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['Australia/Lord_Howe', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-04']
  )
  const times = fc.record({
    quarter: fc.nat(4 * 24 - 1),
    quarters: fc.integer({ min: 1, max: 4 * 30 }),
    days: fc.subarray(weekdays, { minLength: 1 })
  })
  await fc.assert(
    fc.property(
      zones,
      fc.array(times, { minLength: 1, maxLength: 2 }),
      fc.option(times),
      fc.array(fc.integer({ min: -4 * 50, max: 4 * 50 }), { minLength: 3, maxLength: 3 }),
      ([timeZone, change], written, frozen, asks) => {
        const noon = Date.parse(`${change}T12:00Z`)
        const quarterTime = ({ quarter }: { quarter: number }) =>
          `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`
        const spans = (one: (typeof written)[number]) =>
          [-4, -3, -2, -1, 0, 1, 2, 3, 4].flatMap((shift) => {
            const date = new Date(noon + shift * DAY)
            if (!one.days.includes(weekdays[date.getUTCDay()]!)) return []
            const start = bruteInstant(timeZone!, date.toISOString().slice(0, 10), quarterTime(one))
            return [[start, start + one.quarters * 15 * 60_000] as const]
          })
        const asTimes = (one: (typeof written)[number]): Times => ({
          from: `2026-01-01T${quarterTime(one)}`,
          forMs: one.quarters * 15 * 60_000,
          repeat: `FREQ=WEEKLY;BYDAY=${one.days.join(',')}`
        })
        const of = calendar(
          timeZone!,
          written.map((one) => window('', 0, null, { times: asTimes(one) })),
          frozen === null ? [] : [{ name: 'f', times: asTimes(frozen) }]
        )
        const open = written.flatMap(spans)
        const shut = frozen === null ? [] : spans(frozen)
        const holds = (all: typeof open, at: number) => all.some(([start, end]) => start <= at && at < end)
        for (const quarter of asks) {
          const at = noon + quarter * 15 * 60_000
          const expected = holds(open, at) && !holds(shut, at)
          const said = changesAllowed(of, true, step, at)
          if (said.allowed !== expected) throw new Error(`${clock(timeZone!, at)} ${timeZone}: ${said.allowed}`)
          if (said.allowed || said.rule === 'freeze' || said.until === null || said.until > noon + 50 * HOUR) continue
          if (!holds(open, said.until) || holds(shut, said.until)) throw new Error(`${iso(said.until)} is not open`)
          for (let before = at; before < said.until; before += 15 * 60_000)
            if (holds(open, before) && !holds(shut, before)) throw new Error(`${iso(before)} is earlier`)
        }
      }
    ),
    { numRuns: 40 }
  )
})

t.test('starts of many years are where the clocks say', async (t) => {
  for (const [timeZone, time] of [
    ['Europe/Berlin', '02:30'],
    ['America/New_York', '02:30'],
    ['Australia/Lord_Howe', '01:45'],
    ['Pacific/Apia', '09:00']
  ] as const) {
    const of = calendar(timeZone, [window(`2009-01-01T${time}`, 1, 'FREQ=DAILY')])
    let at = Date.parse('2010-09-20T00:00Z')
    let usual = 0
    for (let day = 0; day < 460; day++) {
      const said = changesAllowed(of, true, step, at)
      const start = said.allowed ? at : said.until!
      if (clock(timeZone, start).endsWith(time)) usual++
      at = start + HOUR
    }
    // A gap in each spring; Apia left out 30 December 2011.
    t.ok(usual >= 456, `${timeZone}: ${usual}`)
  }
})
