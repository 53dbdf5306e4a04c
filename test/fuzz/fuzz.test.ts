import t from 'tap'
import { campaign } from './campaign.ts'
import { corpusOf } from './corpus.ts'
import { targets } from './targets.ts'

// The short form of `npm run fuzz`: the same inputs each time, and everything that was ever found.
for (const target of targets)
  t.test(target.name, async (t) => {
    for (const { file, input } of corpusOf(target))
      await t.resolves(async () => target.check(input), `what was found once: ${file}`)
    const { found, inputs, outcomes } = await campaign(target, 250, 20261130)
    t.same(found, null, 'what has to hold does')
    t.equal(inputs, 250)
    t.ok(outcomes.size > 1, `inputs of more than one kind: ${[...outcomes.keys()].join(', ')}`)
  })
