import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { GitlabData } from '../../src/events/event.ts'
import { normaliseGitlab } from '../../src/events/gitlab.ts'

const folder = join(import.meta.dirname, '../fixtures/gitlab')
const names = readdirSync(folder).map((file) => file.replace('.json', ''))
const bytes = (name: string) => readFileSync(join(folder, `${name}.json`))
const body = (name: string) => JSON.parse(bytes(name).toString())

const normalise = (raw: object | Buffer, headers: Record<string, string> = { 'idempotency-key': 'k' }) =>
  normaliseGitlab(
    { headers, body: Buffer.isBuffer(raw) ? raw : Buffer.from(JSON.stringify(raw)) },
    { instance: 'git.lab' }
  )
const event = (raw: object | Buffer, headers?: Record<string, string>) => {
  const batch = normalise(raw, headers)
  if (!batch.ok || batch.events.length !== 1) throw new Error(JSON.stringify(batch))
  return batch.events[0]!
}
const data = (raw: object | Buffer) => event(raw).data as GitlabData
const reason = (raw: object | Buffer) => {
  const batch = normalise(raw)
  return batch.ok ? null : batch.reason
}

const a = '1f'.repeat(20)
const b = '2e'.repeat(20)
const c = '3d'.repeat(20)

t.test('a merge, field by field', async (t) => {
  t.strictSame(event(bytes('merge_request-merge')), {
    id: 'gitlab/k',
    source: '/gitlab/gitlab.example.org',
    type: 'gitlab.merge_request.merge',
    subject: 'infra/dns!41',
    time: '2026-11-02T12:55:12.000000Z',
    project: null,
    requestId: null,
    globalRequestId: null,
    data: {
      kind: 'gitlab',
      object: 'merge_request',
      project: 'infra/dns',
      defaultBranch: 'main',
      action: 'merge',
      state: 'merged',
      branch: 'main',
      tag: null,
      sha: c,
      iid: 41,
      environment: null,
      user: 'ada',
      url: 'https://gitlab.example.org/infra/dns/-/merge_requests/41',
      title: 'Name for the new gateway'
    }
  })
})

t.test('each kind that becomes an event', async (t) => {
  const cases: [string, string, string, Partial<GitlabData>][] = [
    ['merge_request-open', 'gitlab.merge_request.open', 'infra/dns!41', { state: 'opened', sha: null }],
    ['merge_request-update', 'gitlab.merge_request.update', 'infra/dns!41', { action: 'update', sha: null }],
    ['merge_request-approved', 'gitlab.merge_request.approved', 'infra/dns!41', { action: 'approved' }],
    ['merge_request-fast-forward', 'gitlab.merge_request.merge', 'infra/dns!41', { state: 'merged', sha: a }],
    ['merge_request-squash', 'gitlab.merge_request.merge', 'infra/dns!41', { state: 'merged', sha: b }],
    ['push', 'gitlab.push', 'infra/dns/-/tree/main', { branch: 'main', sha: a, user: 'ada' }],
    ['push-delete', 'gitlab.push', 'infra/dns/-/tree/new-name', { branch: 'new-name', sha: null }],
    ['tag_push', 'gitlab.tag_push', 'infra/dns/-/tags/v1.0.0', { tag: 'v1.0.0', branch: null, sha: a }],
    [
      'pipeline',
      'gitlab.pipeline',
      'infra/dns/-/pipelines/31',
      { state: 'success', branch: 'main', tag: null, iid: 3, sha: a }
    ],
    [
      'deployment',
      'gitlab.deployment',
      'infra/dns/-/deployments/15',
      { state: 'success', environment: 'staging', sha: a, branch: 'main', title: 'Gateway gets a name' }
    ],
    ['release', 'gitlab.release', 'infra/dns/-/releases/v1.0.0', { action: 'create', tag: 'v1.0.0', sha: a }]
  ]
  for (const [name, type, subject, some] of cases) {
    const one = event(bytes(name))
    t.match({ type: one.type, subject: one.subject }, { type, subject }, name)
    t.match(one.data, { kind: 'gitlab', project: 'infra/dns', defaultBranch: 'main', ...some }, name)
    const time = ['push-delete', 'tag_push'].includes(name) ? '1970-01-01T00:00:00Z' : '2026-11-02T12:55:12.000000Z'
    t.equal(one.time, time, name)
  }
  const tagged = body('pipeline')
  tagged.object_attributes.tag = true
  t.match(data(tagged), { branch: null, tag: 'main' })
})

t.test('an id of a commit is taken whole, also where Git hashes with SHA-256', async (t) => {
  const long = '4c'.repeat(32)
  const deployment = body('deployment')
  deployment.commit_url = `https://gitlab.example.org/infra/dns/-/commit/${long}`
  t.equal(data(deployment).sha, long)
  for (const end of ['', '?a=b', '/x', `${long}0`])
    t.equal(data({ ...deployment, commit_url: `https://gitlab.example.org/-/commit/${end || 'main'}` }).sha, null, end)
  const push = body('push')
  push.after = long
  t.equal(data(push).sha, long)
})

t.test('every other kind is a narrow row that names it', async (t) => {
  const kinds: Record<string, string> = {
    'access_token-group': 'access_token',
    'access_token-project': 'access_token',
    member: 'user_add_to_group',
    project: 'project_create',
    subgroup: 'subgroup_create'
  }
  const taken = /^(merge_request|push|tag_push|pipeline|deployment|release)/
  const others = names.filter((name) => !taken.test(name))
  t.equal(others.length, 14)
  for (const name of others) {
    const kind = kinds[name] ?? name
    const batch = normalise(bytes(name))
    t.match(batch, { ok: true, events: [], ignored: [{ id: 'gitlab/k', type: `gitlab.${kind}` }] }, name)
    t.equal(batch.ok && batch.ignored[0]?.reason, `nothing here uses GitLab's ${kind} events`)
  }
  for (const kind of ['constructor', 'hasownproperty', 'something_of_2030'])
    t.match(normalise({ object_kind: kind }), { ok: true, ignored: [{ source: '/gitlab/git.lab' }] }, kind)
  const system = normalise(bytes('push'), { 'x-gitlab-event': 'System Hook' })
  t.match(system, { ok: true, events: [], ignored: [{ reason: /^system hooks are not used \(this one: push\)/ }] })
})

t.test('what should not be stored is not', async (t) => {
  for (const name of names)
    t.notMatch(JSON.stringify(normalise(bytes(name))), /hunter2|example\.org"@|ada@|glpat|CLOUD_PASSWORD/, name)
  const login = body('merge_request-open')
  login.object_attributes.url = 'https://ada:hunter2@gitlab.example.org/x?private_token=hunter2#hunter2'
  t.equal(data(login).url, 'https://gitlab.example.org/x')
})

t.test('one delivery has one id and one time, however often it comes', async (t) => {
  const push = bytes('tag_push')
  const uuid = { 'x-gitlab-event-uuid': 'u-1' }
  t.equal(event(push, { ...uuid, 'idempotency-key': 'i-1', 'webhook-id': 'i-1' }).id, 'gitlab/i-1')
  t.equal(event(push, { ...uuid, 'webhook-id': 'w-1' }).id, 'gitlab/w-1')
  t.equal(event(push, uuid).id, 'gitlab/u-1#tag_push')
  t.match(event(push, {}).id, /^gitlab\/sha256-[0-9a-f]{64}$/)
  t.equal(event(push, { 'idempotency-key': 'x'.repeat(129) }).id, event(push, {}).id, 'a cut one would be another')
  const later = { 'idempotency-key': 'i-1', 'webhook-timestamp': '1800000000' }
  t.strictSame(event(push, later), event(push, { ...later, 'webhook-timestamp': '1700000000' }))
})

t.test('names that are none are left out, never mended', async (t) => {
  const hostile = ['\ud800', 'a\u202eb', 'a\u0000b', 'a\nb', '', 'x'.repeat(300), '\u001b[2J', 'a b', 7, null, {}, []]
  for (const one of hostile) {
    const push = body('push')
    push.ref = `refs/heads/${typeof one === 'string' ? one : ''}`
    push.user_username = one
    push.project.default_branch = one
    push.after = one
    t.match(data(push), { branch: null, user: null, defaultBranch: null, sha: null }, JSON.stringify(one))
  }
  for (const path of ['a', '../..//x', 'a/b\u202e', 'infra/dns!1', '/a', 'a/', 'a/b?c', 'x'.repeat(600), 7, null]) {
    const merge = body('merge_request-merge')
    merge.project.path_with_namespace = path
    t.match(reason(merge), /without project\.path_with_namespace/, String(path))
  }
  const merge = body('merge_request-merge')
  merge.object_attributes.title = `\u202e\ud800${'😀'.repeat(150)}\u0000`
  const { title } = data(merge)
  t.ok(title !== null && title.length <= 200 && title.isWellFormed() && !/\p{Cc}|\p{Cf}/u.test(title))
  t.equal(data({ ...body('push'), ref: 'refs/heads/größe/日本' }).branch, 'größe/日本', 'Git takes it')
})

t.test('what is no webhook says why', async (t) => {
  const cases: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /empty/],
    [Buffer.from('{"object_kind":"push"'), /not JSON, or only the beginning/],
    [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
    [Buffer.from('[]'), /no JSON object/],
    [Buffer.from('null'), /no JSON object/],
    [Buffer.from('"push"'), /no JSON object/],
    [Buffer.from('{}'), /no object_kind/],
    [Buffer.from('{"object_kind":7}'), /no object_kind/],
    [Buffer.from('{"object_kind":"A B"}'), /no object_kind/],
    [Buffer.from(`{"object_kind":"push","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /deeper than 128/],
    [Buffer.from(`${'{"a":'.repeat(100_000)}`), /deeper than 128/],
    [
      Buffer.from('{"object_kind":"merge_request","project":{"path_with_namespace":"a/b"}}'),
      /without object_attributes/
    ]
  ]
  for (const [raw, expected] of cases) t.match(reason(raw), expected, raw.toString().slice(0, 40))
  const brackets = body('push')
  brackets.commits[1].title = `"\\" ${'['.repeat(500)}`
  t.match(data(brackets).title, /^"\\" \[\[/, 'in a text they nest nothing')
})

t.test('keys that mean something to JavaScript mean nothing here', async (t) => {
  const text = bytes('merge_request-merge')
    .toString()
    .replace('{', '{"__proto__":{"object_kind":"push","admin":true},"constructor":{"prototype":{"admin":true}},')
  t.equal(event(Buffer.from(text)).type, 'gitlab.merge_request.merge')
  t.equal(({} as Record<string, unknown>).admin, undefined)
  t.match(reason(Buffer.from('{"__proto__":{"object_kind":"push"}}')), /no object_kind/)
})

t.test('never throws, and says the same thing each time', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.jsonValue(), (name, value) => {
      const whole = body(name)
      for (const key of Object.keys(whole)) {
        const one = Buffer.from(JSON.stringify({ ...whole, [key]: value }))
        const batch = normalise(one)
        if (JSON.stringify(batch) !== JSON.stringify(normalise(one))) return false
        if (!batch.ok && /could not be read/.test(batch.reason)) return false
        if (!JSON.stringify(batch).isWellFormed()) return false
      }
      const its = whole.object_attributes ?? {}
      for (const key of Object.keys(its)) {
        const batch = normalise({ ...whole, object_attributes: { ...its, [key]: value } })
        if (!batch.ok && /could not be read/.test(batch.reason)) return false
      }
      return true
    }),
    { numRuns: 60 }
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (raw) => normalise(Buffer.from(raw)).ok === false),
    { numRuns: 500 }
  )
})
