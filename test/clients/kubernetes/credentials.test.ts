import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createCredentials } from '../../../src/clients/kubernetes/credentials.ts'

t.test('a token in a file: read anew within a minute, and not remembered once it is deleted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-token-'))
  const steady = performance.now
  let later = 0
  performance.now = () => steady.call(performance) + later
  t.teardown(() => {
    performance.now = steady
    rmSync(folder, { recursive: true })
  })
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'first\n')
  const credentials = createCredentials(1000, { values: new Set() })
  const access = { token: null, tokenFile, basic: null, certificate: null, exec: null } as unknown as Parameters<
    typeof credentials.of
  >[0]
  const signIn = async () => (await credentials.of(access, AbortSignal.timeout(5000))).authorization
  t.equal(await signIn(), 'Bearer first')
  writeFileSync(tokenFile, 'second\n')
  later += 60_000
  t.equal(await signIn(), 'Bearer second')
  rmSync(tokenFile)
  later += 60_000
  await t.rejects(signIn(), /tokenFile .*token cannot be read: ENOENT/)
})
