import t from 'tap'
import { enter, type Party, ShareTaken, TimeOver, throwIfRefused } from '../../src/core/work.ts'
import { createShares } from '../../src/pipeline/shares.ts'
import { stageChecks } from '../../src/pipeline/stage-checks.ts'

const prod: Party = { name: 'kubernetes of cluster prod', part: 1 / 2 }
const dev: Party = { name: "cloud entry 'dev'", part: 1 / 2 }

// The time of a piece of work keeps no process alive by itself.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

/** A piece of work that asks somebody and then hangs until it is let go. */
function hanging(shares: ReturnType<typeof createShares>, key: number, party: Party) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = shares.run(key, 60_000, async () => {
    enter(party)
    await promise
  })
  return { done, letGo: resolve }
}

t.test('one party never takes more than its share; the others go on', async (t) => {
  const shares = createShares(4)
  const two = [hanging(shares, 1, prod), hanging(shares, 2, prod)]
  await t.rejects(hanging(shares, 3, prod).done, ShareTaken)
  await t.rejects(hanging(shares, 4, prod).done, /^kubernetes of cluster prod keeps 2 of 4 busy already/)
  t.same(shares.waiting, [3, 4], 'they are left out of claims')
  const other = hanging(shares, 5, dev)
  other.letGo()
  await other.done
  two[0]!.letGo()
  await two[0]!.done
  t.same(shares.waiting, [4], 'as many come back as there is room for, in their order')
  const next = hanging(shares, 3, prod)
  t.same(shares.parties(), [
    { ...{ name: prod.name, busy: 2, most: 2, waiting: 1 }, fullSince: shares.parties()[0]!.fullSince }
  ])
  two[1]!.letGo()
  next.letGo()
  await Promise.all([two[1]!.done, next.done])
  t.same([shares.waiting, shares.parties()], [[], []])
})

t.test('who waits is let go even where nobody who was let go before asks that party again', async (t) => {
  const shares = createShares(2)
  const first = hanging(shares, 1, prod)
  for (const key of [2, 3, 4]) await t.rejects(hanging(shares, key, prod).done, ShareTaken)
  first.letGo()
  await first.done
  // Decided without a question, since its cluster was taken out of the configuration: it never enters, and never leaves.
  await shares.run(2, 60_000, async () => {})
  t.same([shares.waiting, shares.parties()], [[], []])
})

t.test('who waited for two keeps no place with the one that it has had its turn with elsewhere', async (t) => {
  const shares = createShares(2)
  const [one, other] = [hanging(shares, 1, prod), hanging(shares, 2, dev)]
  const both = shares.run(3, 60_000, () => Promise.all([prod, dev].map(async (party) => enter(party))).then(() => {}))
  await t.rejects(both, ShareTaken)
  one.letGo()
  await one.done
  t.same(shares.waiting, [])
  t.match(shares.parties(), [{ name: dev.name, waiting: 0 }])
  other.letGo()
  await other.done
  t.same(shares.parties(), [])
})

t.test('a refusal that somebody took for silence is still a refusal', async (t) => {
  const shares = createShares(2)
  const first = hanging(shares, 1, prod)
  const second = shares.run(2, 60_000, async () => {
    try {
      enter(prod)
    } catch {
      // As a loader does that says "unknown".
    }
    throwIfRefused()
  })
  await t.rejects(second, ShareTaken)
  first.letGo()
  await first.done
})

t.test('what hangs whatever happens gives its place back when its time is over', async (t) => {
  const shares = createShares(1)
  let entered = () => {}
  await t.rejects(
    shares.run(1, 20, () => {
      enter(prod)
      const later = new Promise<void>((resolve) => (entered = resolve))
      return later.then(() => enter(dev))
    }),
    { name: 'TimeOver', retryable: true, message: /it asked kubernetes of cluster prod/ }
  )
  t.same(shares.parties(), [])
  entered()
  await new Promise((resolve) => setImmediate(resolve))
  t.same(shares.parties(), [], 'who comes late counts for nobody')
  t.ok(new TimeOver(50_000, []).message)
})

t.test('readiness says it by name', (t) => {
  const full = { name: prod.name, busy: 8, most: 8, waiting: 12, fullSince: 0 }
  const stage = { stage: 'decide' as const, size: 16, busy: 8, freeAt: 20_000, parties: [full] }
  t.match(stageChecks([stage], 20_000), [
    {
      name: 'deciding',
      level: 'warning',
      detail: /^kubernetes of cluster prod keeps 8 of 16 deciders busy.* 12 more wait/
    }
  ])
  t.match(stageChecks([{ ...stage, parties: [] }], 20_000), [{ level: 'ok' }])
  t.match(stageChecks([{ ...stage, busy: 16 }], 120_000), [
    {
      level: 'failure',
      detail: /^none of 16 deciders has come free for 100 s; they wait for kubernetes of cluster prod \(8\)$/
    }
  ])
  t.same(stageChecks([{ ...stage, size: 0 }], 1e9), [], 'a process that does not decide says nothing of it')
  t.end()
})
