import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import t from 'tap'
import { replayed } from './replaying.ts'

/** Six minutes of `npm start`, journalled by commit a402633, before the sources were moved and the policies' definitions were typed. */
const journal = 'test/fixtures/journal-a402633.db.br'

t.test('a journal of an older build is replayed, and every decision comes out the same', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-older-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'journal.db')
  writeFileSync(path, brotliDecompressSync(readFileSync(journal)))
  const { code, out, err } = await replayed('.', path)
  t.match(out, /^1592 decisions replayed: 1592 identical, 0 differ, 0 could not be$/m, err)
  t.equal(code, 0)
})
