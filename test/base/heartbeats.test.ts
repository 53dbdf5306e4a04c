import t from 'tap'
import { createHeartbeats, heartbeatChecks } from '../../src/base/heartbeats.ts'

function at(start = 1_000_000) {
  const clock = { now: start }
  const beats = createHeartbeats(() => clock.now)
  return { clock, beats, checks: () => heartbeatChecks(beats.stages()) }
}

t.test(
  'a stage that throws again and again is a failure of readiness, by its name, until it ends a turn well',
  async (t) => {
    const { clock, beats, checks } = at()
    beats.beat('act')
    beats.failed('decide', new Error('boom'))
    beats.failed('decide', new Error('boom'))
    t.match(
      checks(),
      [{ name: 'stages', level: 'ok', detail: 'act, decide take their turns' }],
      'two at once may be an accident'
    )
    clock.now += 1000
    beats.failed('decide', new Error('Value is too large, token=abcdef12'))
    t.same(checks(), [
      {
        name: 'stage decide',
        level: 'failure',
        detail: 'failed 3 times in a row, for 1 s; the last time: Value is too large, token=(hidden)'
      }
    ])
    beats.alive('decide')
    t.match(checks(), [{ level: 'failure' }], 'having nothing to do mends nothing')
    beats.beat('decide')
    t.match(checks(), [{ name: 'stage decide', level: 'warning' }], 'it goes on, and is still told')
    clock.now += 60_001
    t.match(checks(), [{ level: 'ok' }])
  }
)

t.test('of one that comes round seldom, two in a row are enough', async (t) => {
  const { clock, beats, checks } = at()
  beats.failed('prune', new Error('disk full'))
  clock.now += 60_000
  t.match(checks(), [{ level: 'ok' }])
  beats.failed('prune', new Error('disk full'))
  t.match(checks(), [{ name: 'stage prune', level: 'failure', detail: /^failed 2 times in a row, for 60 s/ }])
})

t.test('one that takes no turns any more is a failure; one that was taken down is not', async (t) => {
  const { clock, beats, checks } = at()
  beats.expect('timers', 30_000)
  beats.expect('prune', null)
  clock.now += 30_000
  t.match(checks(), [{ level: 'ok' }])
  clock.now += 1
  t.match(checks(), [{ name: 'stage timers', level: 'failure', detail: /^no turn for 30 s, expected within 30 s/ }])
  beats.alive('timers')
  t.match(checks(), [{ level: 'ok' }])
  clock.now += 40_000
  beats.forget('timers')
  t.same(
    beats.stages().map(({ stage }) => stage),
    ['prune']
  )
  t.match(checks(), [{ level: 'ok' }])
})
