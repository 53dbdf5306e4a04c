import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ourView, type SdkAnswer, sdkView } from './clouds-compare.ts'
import { cloudCases } from './clouds-table.ts'

// test/lab/clouds-sdk.test.ts holds this file against openstacksdk itself.
const file = new URL('../../fixtures/clouds-sdk.json', import.meta.url)
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, SdkAnswer>

t.test('each case has an answer of openstacksdk', async (t) => {
  t.same(Object.keys(recorded), [...new Set(cloudCases.map(({ name }) => name))])
  t.ok(cloudCases.length >= 40)
})

t.test('clouds are read as openstacksdk reads them, or the key is refused by name', async (t) => {
  const folder = t.testdir()
  for (const [i, one] of cloudCases.entries()) {
    const theirs = recorded[one.name]!
    const ours = await ourView(one, join(folder, String(i)))
    if (one.refused !== undefined) {
      t.ok(theirs.ok, `${one.name}: openstacksdk takes it`)
      t.ok(!ours.ok && ours.keys.includes(one.refused), `${one.name}: ${one.refused} is refused`, { ours })
    } else if (theirs.ok) t.same(ours.ok ? ours.view : ours.said, sdkView(theirs), one.name)
    else t.notOk(ours.ok, `${one.name}: refused, as openstacksdk does`)
  }
})
