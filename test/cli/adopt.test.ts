import t from 'tap'
import { product } from './product.ts'

const policies = `policies:
  dns-records:
    mode: observe
    settings:
      cloud: dev
      fixed: { zone: cloud.example.org. }
`

t.test('adopt: where REFLEX_URL names a server, it says first that another journal is meant', async (t) => {
  const { run, cwd } = await product(t, policies)
  const { err } = await run(['adopt', '--all'], undefined, { REFLEX_URL: 'http://127.0.0.1:1' })
  t.equal(err.split('\n')[0], `REFLEX_URL is not asked: adopt works on the journal here, ${cwd}/j.db`)
  t.notMatch((await run(['adopt', '--all'])).err, 'REFLEX_URL')
})
