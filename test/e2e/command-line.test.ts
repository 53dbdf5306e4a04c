import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { until } from './doors.ts'
import { reflex, startProduct } from './running.ts'

t.test('reflex as a program of its own, beside the running demo: every answer is for people', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-command-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const product = await startProduct({ PORT: '0' }, cwd, () => {})
  t.teardown(() => product.close())
  const env = { REFLEX_URL: product.url }
  type Items = { items: { id: string; state: string; target: string }[] }
  const done = await until('a record that was set', async () => {
    const { items } = (await (await fetch(`${product.url}/api/v1/actions`)).json()) as Items
    return items.find(({ state, target }) => state === 'done' && target.startsWith('recordset/'))
  })
  for (const [args, code, said] of [
    [['help'], 0, /explain/],
    [['status'], 0, /enforce/],
    [['explain', done.id], 0, /recordset-set/],
    [['isolation'], 0, /dev/],
    [['quota'], 0, /cores/],
    [['approvals'], 0, /./],
    [['replay', '--all'], 0, /identical|same/],
    [['doctor'], 0, /journal/],
    [['check', 'nowhere.yaml'], 1, /nowhere\.yaml/],
    [['explian', 'x'], 2, /did you mean 'explain'/]
  ] as const) {
    const { code: ended, out, err } = await reflex(args, cwd, env)
    t.equal(ended, code, `reflex ${args.join(' ')}: ${err}`)
    t.match(out + err, said)
    t.notMatch(out + err, /\n\s+at .*:\d+:\d+|TypeError|ReferenceError/, 'no stack')
  }
  const metrics = await (await fetch(`${product.url}/metrics`)).text()
  t.match(metrics, /^stackreflex_events_total\{source="sim"\} [1-9]/m)
  t.match(metrics, /^process_cpu_seconds_total [\d.]+/m)
})
