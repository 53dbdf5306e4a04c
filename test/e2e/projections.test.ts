import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { world } from './world.ts'

t.test('of what a service answers only what is asked for is stored', async (t) => {
  const w = await world(t)
  const secret = 'planted-8c1f27d0'
  const server = await w.operator.bootServer({ name: 'web', project: 'dev', metadata: { password: secret } })
  await w.settled()
  await w.sweep()
  await w.operator.renameServer(server.id, 'web-2')
  await w.settled()
  const [decision] = await w.journal.decisions({ limit: 1, lane: 'name:web-2.dev.cloud.lab.' })
  t.ok(decision, 'it was decided on fresh answers')
  const stored = readdirSync(w.folder).map((name) => readFileSync(join(w.folder, name)).toString('latin1'))
  t.ok(stored.join('').includes('web-2'), 'what is stored can be read here')
  t.notOk(stored.join('').includes(secret), 'metadata of the server is in no file')
})
