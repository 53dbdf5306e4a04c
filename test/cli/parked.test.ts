import t from 'tap'
import { product } from './product.ts'

t.test('parked and unpark', async (t) => {
  const { park, run, journal, decideDue } = await product(t)
  t.equal((await run(['parked'])).out, 'no lane is parked\n')
  await park('name:web-1', 'TypeError: \u001b[31mred')
  const { code, out } = await run(['parked'])
  t.equal(code, 0)
  t.match(out, /^LANE {8}POLICY {2}WHY\nname:web-1 {2}q {7}.*TypeError: {2}\[31mred\n/)
  t.notMatch(out, '\u001b')
  t.match(JSON.parse((await run(['parked', '--json'])).out), [{ key: 'name:web-1', policy: 'q' }])
  const unparked = await run(['unpark', 'name:web-1', 'mended'])
  t.equal(unparked.code, 0)
  t.equal(unparked.out, "lane name:web-1 of q is tried again: `reflex explain 'name:web-1'` tells what came of it\n")
  await decideDue([])
  t.same(await journal.lanes({ parked: true }), [])
  const again = await run(['unpark', 'name:web-1'])
  t.equal(again.code, 1)
  t.equal(again.err, 'lane name:web-1 is not parked\n')
})

t.test('unpark: unknown, or not understood', async (t) => {
  const { run } = await product(t)
  const unknown = await run(['unpark', 'x'])
  t.equal(unknown.code, 1)
  t.equal(unknown.err, 'there is no lane x: `reflex parked` lists those set aside\n')
  t.equal((await run(['unpark'])).code, 2)
  t.equal((await run(['unpark', '--all'])).code, 2)
  t.equal((await run(['parked', 'x'])).code, 2)
})
