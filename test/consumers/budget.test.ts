import t from 'tap'
import { createByteBudget } from '../../src/consumers/budget.ts'

t.test('beyond its bytes it is paused, and goes on when half of them are gone', async (t) => {
  const said: string[] = []
  const say = (word: string) => async () => void said.push(word)
  const budget = createByteBudget(100, say('pause'), say('resume'))
  const turn = () => new Promise(setImmediate)
  budget.took(100)
  await turn()
  t.same(said, [])
  budget.took(1)
  budget.took(50)
  await turn()
  t.same(said, ['pause'])
  budget.gave(100)
  await turn()
  t.same(said, ['pause'], '51 are left')
  budget.gave(1)
  await turn()
  t.same(said, ['pause', 'resume'])
  budget.took(60)
  // While it pauses all of it is stored: it must not stay paused for ever.
  budget.gave(110)
  await turn()
  t.same(said, ['pause', 'resume', 'pause', 'resume'])
  t.equal(budget.held(), 0)
})
