import { createHash } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { createLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import { routeRoles } from '../../src/handlers/roles.ts'
import { openJournal } from '../../src/store/open.ts'
import { doors, status } from '../handlers/build.ts'
import { everyRoute } from '../handlers/every-route.ts'
import { scratchFolder } from './scratch-folder.ts'
import { odd } from './spoil.ts'
import { holds, type Target } from './target.ts'

type Request = {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  /** A text as it is, or a value sent as JSON. */
  readonly body: { readonly text: string } | { readonly json: unknown } | null
  readonly headers: Readonly<Record<string, string>>
}

const token = 'a-token-of-somebody-who-may-operate'
// A live stream never ends: it has its own test.
const routes = Object.keys(routeRoles).filter((route) => !route.includes('/stream'))
const names = [
  'about',
  'since',
  'limit',
  'cursor',
  'resource',
  'project',
  'type',
  'state',
  'parked',
  'held',
  'format',
  'group',
  'more'
]
const value = fc.oneof(
  fc.constantFrom('', '1', '-1', '1e9', '1h', '99999999999d', 'decision:1', 'approval:1', '%00', 'null'),
  fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => text.isWellFormed())
)
const part = fc.oneof(
  fc.constantFrom('1', '0', '-1', '9007199254740993', 'a', '%', '%2e%2e', '%00', '..', ''),
  value.map(encodeURIComponent)
)
const fields = [
  'reason',
  'cluster',
  'stop',
  'service',
  'policy',
  'lane',
  'group',
  'resource',
  'amount',
  'project',
  'for'
]

const body = fc.oneof(
  fc.constant(null),
  fc.dictionary(fc.constantFrom(...fields), odd, { maxKeys: 5 }).map((json) => ({ json })),
  odd.map((json) => ({ json })),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => ({ text })),
  fc.constantFrom('{"cluster":null,"cluster":"prod"}', '{"__proto__":{"a":1}}', '[', '{', '"').map((text) => ({ text }))
)

const inputs: fc.Arbitrary<Request> = fc
  .record({
    route: fc.constantFrom(...routes),
    other: fc.option(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'), { freq: 5 }),
    part,
    query: fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 3 }),
    body,
    headers: fc.dictionary(
      fc.constantFrom('content-type', 'x-forwarded-for', 'origin', 'range', 'accept'),
      fc.constantFrom('', 'application/json', 'text/plain', 'application/x-www-form-urlencoded', '*/*', 'bytes=0-1'),
      { maxKeys: 2 }
    ),
    known: fc.boolean()
  })
  .map(({ route, other, part, query, body, headers, known }) => {
    const [method, path] = route.split(' ') as [string, string]
    const authorization: Record<string, string> = known ? { authorization: `Bearer ${token}` } : {}
    return {
      method: other ?? method,
      path: path.replace(/:\w+/, () => part),
      query,
      body,
      headers: { ...headers, ...authorization }
    }
  })

const folder = scratchFolder()
let app: FastifyInstance | undefined
let shut = async (): Promise<void> => {}

/** The whole HTTP side over a real journal in memory; somebody with a token may operate and approve. */
async function start(): Promise<FastifyInstance> {
  const journal = await openJournal({ path: join(folder.path(), 'journal.db') })
  const sha256 = createHash('sha256').update(token).digest('hex')
  app = everyRoute({
    journal,
    status,
    log: createLog({ level: 'silent' }),
    metrics: createMetrics(),
    now: Date.now,
    doors: () => ({ ...doors(journal), operate: ['sre'] }),
    tokens: () => [{ actor: 'alice', groups: ['sre'], sha256 }]
  })
  await app.ready()
  const opened = app
  shut = async () => {
    await opened.close()
    await journal.close()
    folder.remove()
  }
  return app
}

/** Any request → an answer that is no failure of ours, in one shape. */
export const api: Target<Request> = {
  name: 'API',
  share: 2,
  inputs,
  async check({ method, path, query, body, headers }) {
    const server = app ?? (await start())
    const asked = query.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&')
    const payload = body === null ? undefined : 'text' in body ? body.text : JSON.stringify(body.json)
    const json = body !== null && 'json' in body ? { 'content-type': 'application/json' } : {}
    const answer = await server.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url: `${path}${asked === '' ? '' : `?${asked}`}`,
      headers: { ...json, ...headers },
      ...(payload === undefined ? {} : { payload })
    })
    const { statusCode } = answer
    holds(statusCode < 500 || statusCode === 503, `${statusCode}: ${answer.body.slice(0, 300)}`)
    if (statusCode >= 400 && method !== 'HEAD') {
      const said = answer.json() as { error?: { code?: unknown; message?: unknown } }
      holds(
        typeof said.error?.code === 'string' && typeof said.error.message === 'string',
        `an error of another shape: ${answer.body.slice(0, 300)}`
      )
      holds(said.error.message !== '' && said.error.message.length < 5000, 'an error of no or too many words')
      holds(!answer.body.includes(token), 'an answer shows a token')
    }
    return String(statusCode)
  },
  async close() {
    app = undefined
    await shut()
  }
}
