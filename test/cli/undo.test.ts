import t from 'tap'
import { on, product } from './product.ts'

t.test('undo', async (t) => {
  const { plan, carryOut, run, journal } = await product(t)
  await plan('a', [on('dev', 't1')], 'q')
  const waiting = (await journal.actions({ limit: 1 }))[0]!.id
  const early = await run(['undo', waiting])
  t.equal(early.code, 1)
  t.match(early.err, /^action \S+ is ready: only what was done can be undone\n$/)
  const { id } = await carryOut()
  const { code, out, err } = await run(['undo', id, 'wrong', 'address'], [on('dev', 't1')])
  t.equal(err, '')
  t.equal(out, `undoing ${id} is decided (decision 2): 1 step goes\n\`reflex explain decision:2\` tells what is done\n`)
  t.equal(code, 0)
  t.match(await journal.decisions({ limit: 1 }), [{ policy: 'undo', events: { length: 1 } }])
  t.match(await journal.events({ limit: 1, type: 'stackreflex.undo' }), [
    { data: { about: id, reason: 'wrong address' } }
  ])
})

t.test('undo: nothing to take back by now, no product, unknown, not understood', async (t) => {
  const { plan, carryOut, run } = await product(t)
  await plan('a', [on('dev', 't1')], 'q')
  const { id } = await carryOut()
  const late = await run(['undo', id], [])
  t.equal(late.code, 1)
  t.match(late.out, `undoing ${id} is decided (decision 2): nothing to do: nothing to do any more\n`)
  const alone = await run(['undo', id])
  t.equal(alone.code, 0)
  t.equal(alone.out, `undoing ${id} is asked for; no running product decided it yet: it does when one runs\n`)
  const unknown = await run(['undo', 'nothing'])
  t.equal(unknown.code, 1)
  t.equal(unknown.err, 'there is no action nothing: `reflex explain <name>` shows the ids of what was done\n')
  const step = await run(['undo', '58.1'])
  t.equal(step.err, 'there is no action 58.1: `reflex explain step 58.1` shows the ids of what was done\n')
  const which = await run(['undo'])
  t.equal(which.code, 2)
  t.match(which.err, 'reflex undo: which action? `reflex explain <name>` shows their ids\nusage: ')
})
