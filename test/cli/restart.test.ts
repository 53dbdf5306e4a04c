import t from 'tap'
import { me, on, product } from './product.ts'

const workloads = `placement: { erpnext: [dev] }
policies:
  workload-actions:
    mode: enforce
    settings: { services: { erpnext: { namespace: erp, name: erpnext } } }
`

t.test('restart: asked for, decided, told', async (t) => {
  const { run, journal } = await product(t, workloads)
  const { code, out, err } = await run(['restart', 'ERPnext', 'on', 'dev', '--reason', 'it hangs'], [on('dev', 't1')])
  t.equal(err, '')
  t.equal(
    out,
    'the restart of erpnext on dev is decided (decision 1): 1 step goes\n`reflex explain decision:1` tells what is done\n'
  )
  t.equal(code, 0)
  t.match(await journal.events({ limit: 1, type: 'stackreflex.restart' }), [
    { data: { actor: me, did: 'restart', about: 'erpnext on dev', reason: 'it hangs' } }
  ])
  t.match(await journal.decisions({ limit: 1 }), [{ policy: 'workload-actions', lane: /^person erpnext@dev / }])
})

t.test('restart: nothing to do, no product, no policy', async (t) => {
  const { run } = await product(t, workloads)
  const skipped = await run(['restart', 'erpnext'], [])
  t.equal(skipped.code, 1)
  t.match(skipped.out, 'the restart of erpnext is decided (decision 1): nothing to do: nothing to do any more\n')
  const alone = await run(['restart', 'erpnext'])
  t.equal(alone.code, 0)
  t.equal(alone.out, 'the restart of erpnext is asked for; no running product decided it yet: it does when one runs\n')
  const bare = await product(t)
  const deaf = await bare.run(['restart', 'erpnext'])
  t.equal(deaf.code, 1)
  t.equal(deaf.err, 'no policy reacts to this: configure workload-actions\n')
})

t.test('restart: unknown, or not understood', async (t) => {
  const { run, journal } = await product(t, workloads)
  t.match((await run(['restart', 'erpnext', 'on', 'x'])).err, "there is no cluster 'x'; clusters are: dev, prod\n")
  t.match((await run(['restart', 'a b'])).err, "there is no service 'a b'; services are: erpnext\n")
  t.match(await run(['restart', 'erpnxt']), {
    code: 1,
    err: "there is no service 'erpnxt', did you mean erpnext? services are: erpnext\n"
  })
  const which = await run(['restart'])
  t.equal(which.code, 2)
  t.equal(
    which.err,
    'reflex restart: which service?\nusage: reflex restart <service> [[on] <cluster>] [--reason <reason>] [--json]\n'
  )
  t.equal((await run(['restart', 'erpnext', 'dev', 'it', 'hangs'])).code, 2)
  t.same(await journal.events({ limit: 5 }), [])
})
