import t from 'tap'
import { claimOwner, isEarlierStart } from '../../src/core/claim-owner.ts'

t.test('claims of earlier starts are told from our own and those of other replicas', async (t) => {
  const own = claimOwner('a', '2')
  for (const [owner, earlier] of [
    [claimOwner('a', '1'), true],
    ['a', true],
    [own, false],
    [claimOwner('b', '1'), false],
    [claimOwner('ab', '1'), false],
    ['b', false]
  ] as const)
    t.equal(isEarlierStart(owner, own), earlier, owner)
})
