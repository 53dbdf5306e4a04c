import fc from 'fast-check'
import t from 'tap'
import { cleanText, errorText, wordOrNull } from '../../src/base/error-text.ts'
import { createLog } from '../../src/base/log.ts'
import { LeftAlone } from '../../src/clients/http/breaker.ts'
import { TransportError } from '../../src/clients/http/transport.ts'
import { KubernetesError } from '../../src/clients/kubernetes/error.ts'
import { PluginFailed } from '../../src/clients/kubernetes/run-plugin.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { SlackCallFailed } from '../../src/clients/slack/slack.ts'
import { failureOf } from '../../src/core/failure.ts'

const fernet = 'gAAAAABmZ9fKq2mNQx1yP0-_kQJ0Zs5b3cD4eF6gH7iJ8kL9mN'
const jwt = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl'
const gitlab = ['glpat', 'AbCdEfGhIjKlMnOpQrSt'].join('-')
const slack = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-')

const secrets: readonly [string, string][] = [
  [`X-Auth-Token: ${fernet}`, fernet],
  [`the token ${fernet} is not valid`, fernet],
  ['{"auth": {"password": "hunter2 and more"}}', 'hunter2'],
  [String.raw`{\"secret\": \"s3cr3t-value\"}`, 's3cr3t-value'],
  ['https://keystone/?password=hunter2&x=1', 'hunter2'],
  ['amqp://stackreflex:hunter2@rabbit:5672/ refused', 'hunter2'],
  [`Authorization: Bearer ${jwt}`, 'eyJ'],
  ['Authorization: Basic c3RhY2s6cmVmbGV4MTIz', 'c3RhY2s6cmVmbGV4MTIz'],
  [`kubelet said ${jwt}`, 'eyJ'],
  [`remote: ${gitlab} is revoked`, gitlab],
  [`Slack said ${slack}`, slack],
  ['posted to https://hooks.slack.com/commands/T1/2/abcdef', 'abcdef'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIEabcd\n-----END RSA PRIVATE KEY-----', 'MIIEabcd'],
  ['client_secret=abcdef123 api-key: k-123456', 'abcdef123'],
  ['adminPass: Zx9Zx9Zx9', 'Zx9Zx9Zx9']
]

t.test('what looks like a secret is hidden', async (t) => {
  for (const [text, secret] of secrets) {
    t.notMatch(cleanText(text), secret, text)
    t.match(cleanText(text), '(hidden)', text)
    t.notMatch(cleanText(`${'x '.repeat(4000)}${text}`, 100_000), secret, 'where it is cut as well')
  }
})

t.test('what people need to read stays', async (t) => {
  const kept = [
    'compute of cloud lab: GET /servers answered 500: No valid host was found. (req-6a7c2a10-0000-4000-8000-000000000000)',
    'Instance f2b7a1de-0000-4000-8000-000000000000 could not be found.',
    'secrets "db-password" is forbidden: User "reflex" cannot get resource "secrets"',
    'the token is expired; token: expired',
    'revision main@sha1:0123456789abcdef0123456789abcdef01234567',
    'the application credential is no longer valid: was it deleted?',
    'token: $REFLEX_TOKEN is not set',
    'Zone übung.example. is taken 💥'
  ]
  for (const text of kept) t.equal(cleanText(text), text)
})

t.test('control characters, escapes and marks of direction never get through; the rest is one line', async (t) => {
  t.equal(cleanText('a\x1b[31mred\u202egnp.exe\r\nnext\u0000 line'), 'a [31mred gnp.exe next  line')
  t.ok(cleanText('\ud800x').isWellFormed())
})

t.test(
  'property: whatever it is, it comes out short, well-formed, on one line, and stays as it is when cleaned again',
  async (t) => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 3000 }), fc.constantFrom(...secrets.map(([one]) => one))),
        (text) => {
          const clean = cleanText(text)
          t.ok(clean.length <= 700 && clean.isWellFormed() && !/[\p{Cc}\u2028\u2029]/u.test(clean))
          if (clean.length < 500) t.equal(cleanText(clean), clean)
        }
      )
    )
  }
)

const hostile = `boom\x1b[2J ${fernet} ${'y'.repeat(2_000_000)}`

t.test('every error of a service is clean from where it is made, in all of its fields', async (t) => {
  const call = { method: 'GET', path: '/x', status: 500, code: hostile, retryable: true, requestId: hostile }
  const errors = [
    new OpenStackError(hostile, { cloud: 'c', service: 'compute', ...call }),
    new OpenStackError(hostile, { cloud: 'c', service: 'compute', ...call, code: 'left_alone' }),
    new KubernetesError(hostile, { cluster: 'dev', ...call }),
    new TransportError(hostile, 'network', false, new Error(hostile)),
    new SlackCallFailed(hostile, true, new Error(hostile)),
    new PluginFailed(hostile),
    new LeftAlone(hostile, 1)
  ]
  for (const error of errors) {
    const { cause: _, stack: __, ...fields } = Object.getOwnPropertyDescriptors(error)
    for (const [name, { value }] of Object.entries(fields)) {
      if (typeof value !== 'string') continue
      t.ok(value.length < 1000, `${error.name}.${name} is short`)
      t.notMatch(value, /gAAAA|\p{Cc}/u, `${error.name}.${name}`)
    }
    t.ok(failureOf(error).message.length < 1000)
  }
})

t.test('an error nobody planned is clean where it is journalled, and in the log with what caused it', async (t) => {
  t.notMatch(failureOf(new Error(hostile)).message, /gAAAA|\p{Cc}/u)
  t.notMatch(failureOf(hostile).message, /gAAAA|\p{Cc}/u)
  let written = ''
  const out = { write: (line: string) => (written += line) } as unknown as NodeJS.WritableStream
  const log = createLog({ level: 'info', out })
  log.error({ err: new Error(hostile, { cause: new Error(hostile) }) }, `failed: ${fernet}`)
  t.ok(written.length < 10_000, `${written.length} characters`)
  t.notMatch(written, /gAAAA/)
  t.match(JSON.parse(written), {
    msg: 'failed: (hidden)',
    err: { type: 'Error', message: /^boom/, cause: /^boom/, stack: /at / }
  })
})

t.test('a service that wants us away for ever is asked again within a quarter of an hour', async (t) => {
  const away = (retryAfterMs: number) =>
    failureOf(Object.assign(new Error('busy'), { retryable: true, retryAfterMs })).retryAfterMs
  t.same([1e30, Number.POSITIVE_INFINITY, 5000, -1, Number.NaN].map(away), [900_000, 900_000, 5000, null, null])
})

t.test('errorText() of anything; wordOrNull() of ids only', async (t) => {
  t.equal(errorText('token=abcdef'), 'token=(hidden)')
  t.equal(errorText(undefined), 'undefined')
  t.same(['req-1', 'a b', '', 'x'.repeat(129), null, undefined].map(wordOrNull), [
    'req-1',
    null,
    null,
    null,
    null,
    null
  ])
})
