import t from 'tap'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { product } from './product.ts'

t.test('isolation: the matrix and what is open, here', async (t) => {
  const { journal, run } = await product(t)
  const nothing = await run(['isolation'])
  t.equal(nothing.err, '')
  t.match(nothing.out, /FROM \\ TO {2}dev {2}prod\n[\s\S]*nothing is open, as of the last look/)
  await breached(journal, 'a', [breach(), breach({ detail: 'rbac-2', to: '*', severity: 'critical' })])
  await breached(journal, 'a', [breach()])
  const { code, out } = await run(['isolation'])
  t.equal(code, 0)
  t.match(out, /^dev +network 1$/m)
  t.match(out, /^high +open +network +dev +prod +\S+Z +u-eve +rbac-shared-network +dev's network dev-net is shared/m)
  t.notMatch(out, /over by now/)
  t.match((await run(['isolation', '--all'])).out, /over by now:\n[\s\S]*critical +fixed/)
})

t.test('isolation: people by name, and when it was over', async (t) => {
  const { journal, run } = await product(t)
  await breached(journal, 'a', [breach()], undefined, { userName: 'eve' })
  await breached(journal, 'a', [])
  await breached(journal, 'b', [breach({ detail: 'rbac-3' })], undefined, { userName: 'eve' })
  t.match((await run(['isolation'])).out, /^high +open +network +dev +prod +\S+Z +eve +rbac-shared-network/m)
  t.match(
    (await run(['isolation', '--all'])).out,
    /SINCE +OVER +BY[\s\S]*^high +fixed +network +dev +prod +\S+Z +\S+Z +eve /m
  )
  const json = JSON.parse((await run(['isolation', '--json'])).out)
  t.match(json.findings, [{ userId: 'u-eve', userName: 'eve' }])
})

t.test('isolation: one cluster, JSON, SARIF', async (t) => {
  const { journal, run } = await product(t)
  await breached(journal, 'a', [breach(), breach({ detail: 'x', from: 'prod', to: 'outside' })])
  const one = JSON.parse((await run(['isolation', 'dev', '--json'])).out)
  t.strictSame(Object.keys(one), ['clusters', 'layers', 'matrix', 'findings', 'history'])
  t.match(one.findings, [{ from: 'dev' }])
  t.equal(one.findings.length, 1)
  t.equal(JSON.parse((await run(['isolation', '--sarif'])).out).runs[0].results.length, 2)
})

t.test('isolation: what a name from the bus holds does not reach the terminal', async (t) => {
  const { journal, run } = await product(t)
  await breached(journal, 'a', [breach({ summary: 'a name \u001b[31m red' })])
  t.notMatch((await run(['isolation'])).out, '\u001b')
})

for (const [line, code, problem] of [
  [['isolation', 'nowhere'], 1, "there is no cluster 'nowhere'; clusters are: dev, prod"],
  [['isolation', 'dev', 'prod'], 2, 'one cluster at a time'],
  [['isolation', '--json', '--sarif'], 2, 'either --json or --sarif'],
  [['isolation', '--jso'], 2, 'there is no option --jso']
] as const)
  t.test(line.join(' '), async (t) => {
    const { run } = await product(t)
    const said = await run(line)
    t.equal(said.code, code)
    t.match(said.err, problem)
    t.equal(said.out, '')
  })
