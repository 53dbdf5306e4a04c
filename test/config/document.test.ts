import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readKubeconfig } from '../../src/clients/kubernetes/kubeconfig-file.ts'
import { parsePythonYaml } from '../../src/clients/openstack/python-yaml.ts'
import { readDocument, readLoosely } from '../../src/config/document.ts'

const hostile = [
  '? { password: hunter2 }\n: x\n',
  '[hunter2]: x\n',
  '{ a: 1 }: &b 2\n',
  '!!odd hunter2: x\n',
  '%ODD hunter2\n---\na: 1\n'
]

/** What the library warned about goes to stderr by `process.emitWarning`, with the line itself. */
t.test('no file that is read has its lines on stderr', async (t) => {
  const warned: string[] = []
  const hear = (warning: Error) => warned.push(warning.message)
  process.on('warning', hear)
  t.teardown(() => process.off('warning', hear))
  const folder = mkdtempSync(join(tmpdir(), 'reflex-yaml-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const text of hostile) {
    readDocument(text)
    readLoosely(text)
    try {
      parsePythonYaml(text)
    } catch {}
    writeFileSync(join(folder, 'kubeconfig'), text)
    await readKubeconfig(join(folder, 'kubeconfig')).catch(() => {})
  }
  // Warnings are told in the next turn.
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(warned, [])
})

t.test('a key that is a map or a list is a mistake, with its place', async (t) => {
  t.strictSame(readDocument('a: 1\n? { password: hunter2 }\n: x\n').mistakes, [
    { line: 2, column: 3, message: 'a key is a map or a list; a key has to be text' }
  ])
  t.match(readDocument('a:\n  [b]: 1\n').mistakes, [{ line: 2, column: 3 }])
})
