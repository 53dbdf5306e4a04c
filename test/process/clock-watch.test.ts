import t from 'tap'
import { createLog } from '../../src/base/log.ts'
import { watchClock } from '../../src/process/clock-watch.ts'
import type { OtherClock } from '../../src/process/tools.ts'

const START = Date.parse('2026-11-30T12:00:00Z')
const YEARS = 4 * 365 * 86_400_000

function watched(lastAt: number | null = START - 60_000, begin = START) {
  const at = { wall: begin, steady: 1000, others: [] as readonly OtherClock[], accepted: null as number | null }
  const said: string[] = []
  const clock = watchClock({
    now: () => at.wall,
    steady: () => at.steady,
    lastAt,
    others: async () => at.others,
    accepted: async () => at.accepted,
    wentBack: async () => void said.push('back'),
    settled: async () => void said.push('settled'),
    log: createLog({ level: 'silent' })
  })
  /** Time goes by, and the clock is set by `more`. */
  const pass = async (ms: number, more = 0) => {
    at.steady += ms
    at.wall += ms + more
    await clock.look()
  }
  return { at, clock, said, pass }
}

t.test('a clock that is corrected a little, or slowly, is believed', async (t) => {
  const { clock, pass } = watched()
  for (let n = 0; n < 100; n++) await pass(1000, 30_000)
  await pass(1000, -59_000)
  t.equal(clock.doubt(), null)
  t.equal(clock.check().level, 'ok')
})

t.test(
  'after a jump nothing is believed until the clock is back, and rows of the future are settled then',
  async (t) => {
    const { clock, pass, said } = watched()
    await pass(1000, YEARS)
    t.match(
      clock.doubt(),
      /this machine's clock says 2030-.* and by the time that has passed it should be 2026-11-30T12:00:01Z/
    )
    t.match(clock.doubt(), /no other clock answers.*`reflex accept clock`/)
    t.equal(clock.trusted(), START + 1000, 'the time goes on as it would have')
    t.same(said, [])
    await pass(60_000, -YEARS)
    t.equal(clock.doubt(), null)
    t.same(said, ['back', 'settled'])
  }
)

t.test('a second clock that agrees ends the doubt; one that does not, or two that differ, do not', async (t) => {
  const { at, clock, pass, said } = watched()
  at.others = [{ who: 'Keystone at k', aheadMs: -YEARS }]
  await pass(1000, YEARS)
  t.match(clock.doubt(), /Keystone at k says 2026-11-30T12:00:01Z/)
  at.others = [
    { who: 'a', aheadMs: 500 },
    { who: 'b', aheadMs: -YEARS }
  ]
  await pass(20_000)
  t.match(clock.doubt(), /b says 2026/)
  at.others = [{ who: 'a', aheadMs: 500 }]
  await pass(20_000)
  t.equal(clock.doubt(), null)
  t.same(said, ['settled'])
})

t.test("a person's word ends it, and an older one does not", async (t) => {
  const { at, clock, pass } = watched()
  at.accepted = START - 1
  await pass(1000)
  await pass(1000, YEARS)
  t.ok(clock.doubt())
  at.accepted = START + YEARS
  await pass(1000)
  t.equal(clock.doubt(), null)
})

t.test('at the start, against the time at which the product last ran', async (t) => {
  t.equal(watched(null).clock.doubt(), null, 'not known')
  t.equal(watched(START - 3_600_000).clock.doubt(), null, 'off for an hour')
  t.match(watched(START - YEARS).clock.doubt(), /the product last ran at 2022/)
  const behind = watched(START + YEARS)
  t.match(behind.clock.doubt(), /the product last ran at 2030/)
  behind.at.others = [{ who: 'Keystone at k', aheadMs: 0 }]
  await behind.pass(1000)
  t.equal(behind.clock.doubt(), null)
  t.same(behind.said, ['back', 'settled'], 'what was written by the clock of 2030 is settled')
})
