import { chmodSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { localProof, makeLocalKey, provesLocal, readLocalKey } from '../../src/people/local-proof.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'reflex-key-'))

t.test('the key is for its owner alone, whatever the umask, and new at each start', async (t) => {
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  const journal = join(folder(), 'j.db')
  const first = makeLocalKey(journal)
  t.equal(statSync(first.path).mode & 0o777, 0o600)
  t.equal(readLocalKey(first.path), first.key)
  const second = makeLocalKey(journal)
  t.not(second.key, first.key)
  t.equal(readLocalKey(first.path), second.key)
  second.remove()
  t.equal(readLocalKey(first.path), null)
})

t.test('a file that others may read, that is not ours, a link, or another thing is no key', async (t) => {
  const at = folder()
  const { path, key } = makeLocalKey(join(at, 'j.db'))
  const link = join(at, 'link')
  symlinkSync(path, link)
  t.equal(readLocalKey(link), null)
  t.equal(readLocalKey(path, 4711), null)
  chmodSync(path, 0o640)
  t.equal(readLocalKey(path), null)
  const other = join(at, 'id_ed25519')
  writeFileSync(other, `${key.slice(0, -1)}\n`, { mode: 0o600 })
  t.equal(readLocalKey(other), null, 'it never becomes the key of what it is not')
  t.equal(readLocalKey(at), null)
  t.equal(readLocalKey(join(at, 'none')), null)
})

t.test('the key itself is not sent, and what is sent is good for one port and one minute', async (t) => {
  const { path } = makeLocalKey(join(folder(), 'j.db'))
  const key = readFileSync(path, 'utf8').trim()
  const proof = localProof(key, 8080, 1_000_000)
  t.notOk(proof.includes(key))
  t.ok(provesLocal(proof, key, 8080, 1_030_000))
  t.notOk(provesLocal(proof, key, 8081, 1_030_000))
  t.notOk(provesLocal(proof, key, 8080, 1_100_000))
  t.notOk(provesLocal(proof, key, undefined, 1_000_000))
  t.notOk(provesLocal(proof.replace('1000000', '1000001'), key, 8080, 1_000_000))
  t.ok(provesLocal(`Bearer ${key}`, key, undefined, 0), 'curl has it from the file')
  t.notOk(provesLocal(`Bearer ${key}x`, key, 8080, 0))
})
