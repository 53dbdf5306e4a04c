import { join } from 'node:path'
import t from 'tap'
import { lockJournal } from '../../src/store/open.ts'
import { me, on, product } from './product.ts'

const policies = `policies:
  dns-records:
    mode: approve
    clusters: { dev: observe }
    settings: { cloud: dev, fixed: { zone: cloud.lab. } }
`

t.test('status: nothing waits', async (t) => {
  const { run, cwd, journal } = await product(t)
  const { code, out, err } = await run(['status'])
  t.equal(err, '')
  t.equal(code, 3, 'no product runs')
  t.equal(
    out,
    `product    DOES NOT RUN here: no product runs on it now, so nothing is decided or done until one does
from       the journal ${cwd}/j.db, installation ${await journal.installId()}
policies   none: nothing is decided
stopped    nothing
held       no lane
parked     no lane
approvals  none is waited for
`
  )
})

t.test('status: a name that counts for nothing is said', async (t) => {
  const { run, journal } = await product(t)
  const trouble = 'shared.networks: 2 networks are called transfer: this entry counts for nothing'
  await journal.pinNames('isolation/admin/names/', [{ key: 'isolation/admin/names/x', id: null, trouble }])
  const { out } = await run(['status'])
  t.match(out, /^warning {4}shared\.networks: 2 networks are called transfer/m)
})

t.test('status: what waits for a person', async (t) => {
  const { plan, park, run } = await product(t, policies)
  await plan('a', [on('prod', 't1')])
  await run(['stop', 'dev', 'odd'])
  await run(['stop', 'all'])
  await plan('b', [on('dev', 't2')], 'q')
  await plan('c', [on('dev', 't3')], 'q')
  await park('d', 'TypeError')
  const { code, out } = await run(['status'])
  t.equal(code, 3)
  const lines = out.replaceAll(/\d{4}-\S+Z/g, 'T').split('\n')
  t.same(
    lines.slice(2, 4),
    ['policies   dns-records approve', '           dns-records on dev observe'],
    'as by REFLEX_URL'
  )
  // Two within one millisecond have no order.
  t.same(
    lines
      .slice(4, 6)
      .map((line) => line.slice(11))
      .sort(),
    [
      `stop 1 of dev, by ${me} since T (odd): \`reflex resume dev\` lifts it`,
      `stop 2 of everything, by ${me} since T (no reason given): \`reflex resume all\` lifts it`
    ]
  )
  t.same(lines.slice(6), [
    'held       3 lanes: 2 by stop, 1 by approval',
    'parked     1 lane: `reflex parked`',
    'approvals  1 waited for: `reflex approvals`',
    ''
  ])
  const json = JSON.parse((await run(['status', '--json'])).out)
  t.match(json, { stops: [{ at: /Z$/ }, {}], held: { length: 3 }, parked: [{ key: 'd' }], approvals: [{ id: 1 }] })
})

t.test('status: a wrong configuration, no journal, not understood', async (t) => {
  const wrong = await product(t, 'sweep: { every: 10 }\n')
  const { code, err } = await wrong.run(['status'])
  t.equal(code, 1)
  t.match(err, /^reflex.yaml:5:17 {2}sweep.every.*\n1 problem in the configuration\n$/)
  const { run } = await product(t)
  const none = await run(['status'], undefined, {}, { openJournal: async () => null })
  t.equal(none.code, 3)
  t.match(none.err, 'there is no journal at ')
  t.equal((await run(['status', 'x'])).code, 2)
  t.match((await run(['status', '-j'])).err, 'reflex status: there is no option -j')
})

t.test('status: says first whether a product runs', async (t) => {
  const { run, cwd } = await product(t, policies)
  const running = lockJournal(join(cwd, 'j.db'))
  const { code, out } = await run(['status'])
  t.equal(code, 0)
  t.match(out, `product    runs here (pid ${process.pid})\n`)
  t.match(JSON.parse((await run(['status', '--json'])).out), { running: true, at: { running: { pid: process.pid } } })
  running.release()
  t.match(JSON.parse((await run(['status', '--json'])).out), { running: false })
})
