import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { said } from './product.ts'

/** Every command that asks the server that REFLEX_URL names; the second list is to do something. */
const reads = [
  ['status'],
  ['explain', 'web-1'],
  ['explain', '--since', '1h'],
  ['dns', 'web-1'],
  ['approvals'],
  ['quota'],
  ['isolation'],
  ['parked']
]
const changes = [
  ['stop', 'prod'],
  ['resume', 'prod'],
  ['approve', '7'],
  ['reject', '7'],
  ['undo', 'a1'],
  ['restart', 'erpnext', 'on', 'prod'],
  ['quota', 'request', 'prod', 'cores', '+16'],
  ['quota', 'release', '3'],
  ['unpark', 'name:web-1'],
  ['replay', '7', '--again']
]

async function service(
  t: Test,
  answer: (request: IncomingMessage) => { body: string; ours: boolean; status?: number }
) {
  const asked: { line: string; authorization: string | undefined }[] = []
  const http = createServer((request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization })
    const { body, ours, status = 200 } = answer(request)
    response.writeHead(status, ours ? { 'x-stackreflex': 'i1' } : {}).end(body)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => http.close())
  const REFLEX_URL = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const openJournal = () => t.fail('not the file') as never
  const env = { REFLEX_URL, REFLEX_TOKEN: 'live-token' }
  return { asked, run: (line: readonly string[]) => said(line, { env, openJournal }) }
}

t.test('what is no Stackreflex is believed nothing, told nothing and sent no token', async (t) => {
  for (const body of ['{}', '{"alive":true}', '[]', 'null', '"yes"', '7', '<html>\u001b[31m', '', '{"error":"x"}']) {
    const { run, asked } = await service(t, () => ({ body, ours: false }))
    for (const line of [...reads, ...changes]) {
      const { code, out, err } = await run(line)
      const about = `${line.join(' ')} on ${body}`
      t.equal(code, 3, about)
      t.equal(out, '', about)
      t.match(err, /^http:\/\/127\.0\.0\.1:\d+ \(REFLEX_URL\) is no Stackreflex: /, about)
      t.notMatch(err, /\n {4}at |TypeError/, about)
      t.notMatch(err, '\u001b', about)
      if (changes.includes(line)) t.match(err, /\nnothing was asked for, and nothing happened\n$/, about)
    }
    t.ok(asked.every((one) => one.line === 'GET /healthz' && one.authorization === undefined))
  }
})

t.test('an answer of another shape is no answer, and nobody claims that it happened', async (t) => {
  const wrong = ['{}', '[]', 'null', '"yes"', '{"items":7}', '{"items":[{}]}', '{"error":{}}', '<html>']
  for (const body of wrong) {
    const { run } = await service(t, ({ url }) => ({ body: url === '/healthz' ? '{"alive":true}' : body, ours: true }))
    for (const line of [...reads, ...changes]) {
      const { code, out, err } = await run(line)
      const about = `${line.join(' ')} on ${body}`
      t.equal(code, 3, about)
      t.equal(out, '', about)
      t.match(err, /^http:\/\/127\.0\.0\.1:\d+ \(REFLEX_URL\) (answers |cannot be asked: )/, about)
      t.notMatch(err, /\n {4}at |TypeError/, about)
      if (changes.includes(line))
        t.match(err, /whether anything happened is not known: look with `reflex status`/, about)
    }
  }
})

t.test('a proxy in between that answers for it', async (t) => {
  const { run } = await service(t, ({ url }) =>
    url === '/healthz'
      ? { body: '{"alive":true}', ours: true }
      : { body: '{"stop":1,"cluster":"prod","others":[]}', ours: false, status: 502 }
  )
  const { code, out, err } = await run(['stop', 'prod'])
  t.equal(code, 3)
  t.equal(out, '')
  t.match(err, /is no Stackreflex: its answer has no header x-stackreflex\nwhether anything happened is not known/)
})

t.test('it says which installation did it', async (t) => {
  const { run } = await service(t, ({ url }) => ({
    body: url === '/healthz' ? '{"alive":true}' : '{"stop":1,"cluster":"prod","others":[]}',
    ours: true
  }))
  const { code, out, err } = await run(['stop', 'prod'])
  t.equal(code, 0)
  t.match(out, 'prod is stopped (stop 1): ')
  t.match(err, /^\(at http:\/\/127\.0\.0\.1:\d+, installation i1\)\n$/)
  t.match(JSON.parse((await run(['stop', 'prod', '--json'])).out), { stop: 1, at: { installation: 'i1' } })
})
