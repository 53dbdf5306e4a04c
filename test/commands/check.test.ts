import t from 'tap'
import { product } from './product.ts'

t.test('check says what is right but of no effect', async (t) => {
  const { run } = await product(
    t,
    `policies:
  dns-records: { mode: enforce, settings: { cloud: dev, fixed: { zone: cloud.lab. } } }
`
  )
  const { code, out, err } = await run(['check'])
  t.equal(err, '')
  t.equal(code, 0)
  const [warning, right] = out.split('\n')
  t.match(
    warning,
    /^reflex.yaml:3:3 {2}clusters.prod: no window is for dns-records, .*; allowed: a window.* \(a warning\)$/
  )
  t.equal(right, 'reflex.yaml is right: 2 clusters, 0 brokers, policies: dns-records enforce')
})

t.test('check: not understood', async (t) => {
  const { run } = await product(t)
  t.match(await run(['check', '--shcema']), {
    code: 2,
    err: 'reflex check: there is no option --shcema, did you mean --schema?\n'
  })
  t.match(await run(['check', 'a', 'b']), { code: 2, err: 'reflex check: one file\n' })
})
