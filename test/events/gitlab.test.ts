import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { GitlabData } from '../../src/events/event.ts'
import { normaliseGitlab } from '../../src/events/gitlab.ts'

const now = Date.parse('2026-11-02T13:00:00Z')
const folder = join(import.meta.dirname, '../fixtures/gitlab')
const names = readdirSync(folder).map((file) => file.replace('.json', ''))
const bytes = (name: string) => readFileSync(join(folder, `${name}.json`))
const body = (name: string) => JSON.parse(bytes(name).toString())

const normalise = (raw: object | Buffer, headers: Record<string, string> = { 'idempotency-key': 'k' }) =>
  normaliseGitlab(
    { headers, body: Buffer.isBuffer(raw) ? raw : Buffer.from(JSON.stringify(raw)) },
    { instance: 'git.lab', now }
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
      title: 'Name for the new gateway',
      sourceBranch: 'new-name',
      sourceProject: 'infra/dns',
      targetBranch: 'main',
      fork: false,
      mergeRequest: 41,
      protected: null,
      happening: `7 merge_request 99 merge ${c}`
    }
  })
})

t.test('each kind that becomes an event', async (t) => {
  const cases: [string, string, string, Partial<GitlabData>][] = [
    ['merge_request-open', 'gitlab.merge_request.open', 'infra/dns!41', { state: 'opened', branch: null, sha: null }],
    ['merge_request-update', 'gitlab.merge_request.update', 'infra/dns!41', { targetBranch: 'main', branch: null }],
    ['merge_request-approved', 'gitlab.merge_request.approved', 'infra/dns!41', { action: 'approved', branch: null }],
    ['merge_request-fast-forward', 'gitlab.merge_request.merge', 'infra/dns!41', { state: 'merged', sha: a }],
    ['merge_request-squash', 'gitlab.merge_request.merge', 'infra/dns!41', { state: 'merged', sha: b }],
    ['push', 'gitlab.push', 'infra/dns/-/tree/main', { branch: 'main', sha: a, user: 'ada' }],
    ['push-delete', 'gitlab.push', 'infra/dns/-/tree/new-name', { branch: 'new-name', sha: null }],
    ['tag_push', 'gitlab.tag_push', 'infra/dns/-/tags/v1.0.0', { tag: 'v1.0.0', branch: null, sha: a }],
    [
      'pipeline',
      'gitlab.pipeline',
      'infra/dns/-/pipelines/31',
      {
        state: 'success',
        branch: 'main',
        tag: null,
        iid: 3,
        sha: a,
        pipelineSource: 'push',
        schedule: false,
        fork: false
      }
    ],
    [
      'deployment',
      'gitlab.deployment',
      'infra/dns/-/deployments/15',
      { state: 'success', environment: 'staging', ref: 'main', commit: a, branch: null, sha: null }
    ],
    ['release', 'gitlab.release', 'infra/dns/-/releases/v1.0.0', { action: 'create', tag: 'v1.0.0', sha: a }]
  ]
  for (const [name, type, subject, some] of cases) {
    const one = event(bytes(name))
    t.match({ type: one.type, subject: one.subject }, { type, subject }, name)
    t.match(one.data, { kind: 'gitlab', project: 'infra/dns', defaultBranch: 'main', ...some }, name)
    const time = /push/.test(name) ? '2026-11-02T13:00:00.000Z' : '2026-11-02T12:55:12.000000Z'
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
  t.equal(data(deployment).commit, long)
  for (const end of ['', '?a=b', '/x', `${long}0`])
    t.equal(
      data({ ...deployment, commit_url: `https://gitlab.example.org/-/commit/${end || 'main'}` }).commit,
      null,
      end
    )
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
  const hostile = [
    '\ud800',
    'a\u202eb',
    'a\u0000b',
    'a\nb',
    '',
    'x'.repeat(3000),
    '\u001b[2J',
    'a\u{e0041}',
    7,
    null,
    {},
    []
  ]
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

t.test('names are kept exactly as they are, in whatever script and as long as they are', async (t) => {
  const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'
  for (const one of [
    'Review of Ada',
    'prod eu 1',
    `release/${family}`,
    '日本'.repeat(50),
    family.repeat(100),
    'x'.repeat(255)
  ]) {
    const push = { ...body('push'), ref: `refs/heads/${one}`, user_username: one }
    t.match(data(push), { branch: one, user: one, sha: a }, one.slice(0, 20))
    t.equal(data({ ...body('deployment'), environment: one }).environment, one)
    t.equal(data({ ...body('tag_push'), ref: `refs/tags/${one}` }).tag, one)
    const merge = body('merge_request-merge')
    merge.object_attributes.target_branch = one
    t.match(data(merge), { branch: one, sha: c })
  }
})

t.test('object ids of SHA-256 repositories are whole, or nothing', async (t) => {
  const long = 'a1'.repeat(32)
  const deployment = body('deployment')
  const at = (id: string) => ({ ...deployment, commit_url: `https://git.lab/a/b/-/commit/${id}` })
  t.equal(data(at(long)).commit, long)
  t.equal(data(at(long.slice(0, 41))).commit, null, 'a piece of one is another commit')
  t.equal(data({ ...deployment, commit_url: `https://git.lab/${a}` }).commit, null)
  t.equal(data({ ...body('push'), after: long, checkout_sha: long }).sha, long)
  const merge = body('merge_request-merge')
  merge.object_attributes.merge_commit_sha = long
  t.equal(data(merge).sha, long)
})

const pipelineOf = (its: object, more: object = {}) => {
  const whole = body('pipeline')
  return data({ ...whole, object_attributes: { ...whole.object_attributes, ...its }, ...more })
}
const request = { iid: 5, source_branch: 'main', target_branch: 'main', source_project_id: 66, target_project_id: 7 }

t.test('a pipeline is of a branch only where it is a run of that branch itself', async (t) => {
  for (const source of ['push', 'web', 'api', 'trigger', 'schedule'])
    t.match(pipelineOf({ source }), { branch: 'main', sha: a, pipelineSource: source, schedule: source === 'schedule' })
  const others = [
    'merge_request_event',
    'external_pull_request_event',
    'parent_pipeline',
    'pipeline',
    'external',
    'chat'
  ]
  const scans = [
    'webide',
    'ondemand_dast_scan',
    'security_orchestration_policy',
    'unknown',
    'of_2030',
    null,
    undefined,
    7
  ]
  for (const source of [...others, ...scans])
    t.match(pipelineOf({ source }), { branch: null, tag: null, sha: null }, String(source))
  t.match(pipelineOf({ source: 'push', tag: undefined }), { branch: null, tag: null, sha: null })
  t.match(pipelineOf({ source: 'push', tag: true }), { branch: null, tag: 'main', sha: a })

  // The developer's branch of the fork is called as ours is, and GitLab says it in `ref`.
  const forked = pipelineOf({ source: 'merge_request_event', protected_ref: false }, { merge_request: request })
  t.match(forked, { branch: null, sha: null, fork: true, mergeRequest: 5, sourceBranch: 'main', protected: false })
  t.match(pipelineOf({ source: 'push' }, { merge_request: request }), { branch: null }, 'whatever its source says')
  t.match(pipelineOf({ source: 'merge_request_event' }), { fork: null }, 'without a word about it')
  const ours = { ...request, source_project_id: 7, source_branch: 'feature' }
  t.match(pipelineOf({ source: 'merge_request_event' }, { merge_request: ours }), { branch: null, fork: false })

  const upstream = { project: { path_with_namespace: 'other/project' }, pipeline_id: 30, job_id: 1 }
  t.match(pipelineOf({ source: 'pipeline' }, { source_pipeline: upstream }), {
    ...{ branch: null, sha: null, parent: 'other/project/-/pipelines/30' }
  })
  t.match(pipelineOf({ source: 'push' }, { source_pipeline: {} }), {
    branch: null,
    parent: '(unknown)/-/pipelines/(unknown)'
  })
})

t.test(
  'a merge request is of its target branch only once it is merged, whoever opens, labels or approves it',
  async (t) => {
    const forked = { source_project_id: 66, target_project_id: 7, source: { path_with_namespace: 'eve/dns' } }
    const of = (its: object) => {
      const whole = body('merge_request-merge')
      return data({ ...whole, object_attributes: { ...whole.object_attributes, ...its } })
    }
    t.match(of(forked), { branch: 'main', sha: c, fork: true, sourceProject: 'eve/dns' }, 'merged is merged')
    for (const action of ['open', 'update', 'approved', 'approval', 'close', 'reopen', undefined])
      t.match(
        of({ ...forked, action, state: 'opened' }),
        { branch: null, sha: null, targetBranch: 'main' },
        String(action)
      )
    t.match(of({ action: 'update' }), { branch: null, sha: null }, 'a label on a merged one')
    t.match(of({ state: 'opened' }), { branch: null, sha: null })
  }
)

t.test('each sha lies on the branch, or is none', async (t) => {
  const merged = (its: object) => {
    const { merge_commit_sha: _, squash_commit_sha: __, ...bare } = body('merge_request-merge').object_attributes
    return data({ ...body('merge_request-merge'), object_attributes: { ...bare, ...its } }).sha
  }
  t.equal(merged({ merge_commit_sha: c, squash_commit_sha: b }), c)
  t.equal(merged({ merge_commit_sha: null, squash_commit_sha: b }), b, 'squashed, then moved forward')
  t.equal(merged({ merge_commit_sha: null, squash_commit_sha: null }), a, 'moved forward')
  t.equal(merged({ merge_commit_sha: null, squash: false }), a)
  t.equal(merged({ merge_commit_sha: null }), null, 'was it squashed? Then the last commit was left behind')
  t.equal(merged({ merge_commit_sha: null, squash: true }), null)
  t.equal(merged({}), null)
  const tag = { ...body('tag_push'), after: b, checkout_sha: a }
  t.equal(data(tag).sha, a, 'of an annotated tag, after is no commit')
  t.equal(data({ ...body('push'), ref: 'refs/heads/a\u202eb' }).sha, null, 'of a branch that nobody could name')
})

t.test('what happened is the same whoever tells it, and another the next time', async (t) => {
  const told = (raw: object) => data(raw).happening
  const change = (name: string, its: object, more: object = {}) => {
    const whole = body(name)
    return told({ ...whole, object_attributes: { ...whole.object_attributes, ...its }, ...more })
  }
  const merge = change('merge_request-merge', {})
  t.equal(change('merge_request-merge', { updated_at: '2026-11-02 12:55:15 UTC' }), merge, 'merged once')
  t.not(change('merge_request-merge', { id: 100 }), merge)
  t.not(change('merge_request-merge', { merge_commit_sha: b }), merge)
  t.not(change('merge_request-merge', {}, { project: { ...body('push').project, id: 8 } }), merge)
  const approved = change('merge_request-approved', {})
  t.equal(change('merge_request-approved', {}), approved)
  t.not(change('merge_request-approved', { updated_at: '2026-11-02 12:55:15 UTC' }), approved)

  const pipeline = change('pipeline', {})
  t.equal(change('pipeline', {}, { builds: [] }), pipeline)
  t.not(change('pipeline', { status: 'failed' }), pipeline)
  t.not(change('pipeline', { id: 32 }), pipeline)
  t.not(change('pipeline', { finished_at: '2026-11-02 13:10:00 UTC' }), pipeline, 'a job was tried once more')
  t.equal(change('pipeline', { id: null }), null)

  t.equal(told({ ...body('deployment'), status_changed_at: null }), told(body('deployment')))
  t.not(told({ ...body('deployment'), status: 'failed' }), told(body('deployment')))
  t.not(told({ ...body('release'), action: 'delete' }), told(body('release')))
  t.not(told({ ...body('push'), before: c }), told(body('push')))
  t.not(told({ ...body('push'), ref: 'refs/heads/other' }), told(body('push')))
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
