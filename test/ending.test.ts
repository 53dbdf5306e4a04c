import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

t.test('a test file that fails and leaves a server open ends by itself, and says what is open', async (t) => {
  // Beside the packages, so that it finds tap.
  const folder = mkdtempSync('test/ending-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'open.mjs')
  writeFileSync(
    file,
    `import { createServer } from 'node:net'
import t from 'tap'
t.test('opens', async () => {
  createServer().listen(0, '127.0.0.1')
  throw new Error('before anything could be closed')
})
`
  )
  const child = spawn(process.execPath, ['--import', './test/ending.ts', file], {
    env: { ...process.env, REFLEX_TEST_ENDING_MS: '200', TAP: '1' }
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  t.equal(code, 1)
  t.match(said, /before anything could be closed/)
  t.match(said, /left open: .*TCPServerWrap/)
})
