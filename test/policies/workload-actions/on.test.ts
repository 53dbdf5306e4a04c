import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { condition, conditionMistake, namesRead } from '../../../src/core/condition.ts'
import type { Event, GitlabData } from '../../../src/events/event.ts'
import { normaliseGitlab } from '../../../src/events/gitlab.ts'
import { knownTypes, typesOn } from '../../../src/events/types.ts'
import { mistakesOn } from '../../../src/policies/workload-actions/on.ts'
import { workloadActions } from '../../../src/policies/workload-actions/policy.ts'
import type { GitlabAnswer } from '../../../src/policies/workload-actions/questions/gitlab.ts'
import { requestersOf } from '../../../src/process/requester.ts'

const ours = 'event.project == "a/b"'
const on = (type: string, when?: string) => mistakesOn({ on: type, ...(when === undefined ? {} : { when }) })

t.test('a type that never comes is a mistake, with the one that was meant', async (t) => {
  const cases: [string, RegExp][] = [
    [
      'gitlab.merge_request.merged',
      /no events of type .* did you mean 'gitlab\.merge_request\.merge'\? types of GitLab are: /
    ],
    ['gitlab.note', /no events of type 'gitlab\.note'; types of GitLab are: .*gitlab\.push/],
    ['gitlab.build', /no events of type/],
    ['gitlab.merge_request', /did you mean 'gitlab\.merge_request\.\*'\?/],
    ['gitlab.pipeline.success', /did you mean 'gitlab\.pipeline'\?/],
    ['gitlab.pipelines', /did you mean 'gitlab\.pipeline'\?/],
    ['gitlab.merge_requests.*', /did you mean 'gitlab\.merge_request\.\*'\?/],
    ['gitlab.*.merge', /a \* stands at the end only/],
    ['Gitlab.push', /did you mean 'gitlab\.push'\?/],
    ['compute.instance.craete.end', /did you mean 'compute\.instance\.create\.end'\? docs\/notifications\.md/],
    ['compute.instance.create.start', /journalled as ignored and wakes nothing \(intent only/],
    ['compute.instance.exists', /wakes nothing \(metering/],
    ['computed.*', /no events of type 'computed\.\*', did you mean 'compute\.\*'\?/],
    ['slack.command', /no rule sees events of type 'slack\.command': what people ask for in Slack/],
    ['slack.*', /no rule sees/],
    ['stackreflex.restart', /no rule sees/]
  ]
  for (const [type, mistake] of cases) t.match(on(type, ours), [mistake], type)
  const right = [
    'compute.instance.create.end',
    'compute.*',
    'identity.user.created',
    'compute.instance.pause.error',
    'port.*'
  ]
  for (const type of [...right, 'snapshot.create.end']) t.strictSame(on(type), [], type)
  for (const { type, sender } of knownTypes)
    t.strictSame(on(type.replace('*', 'x'), sender === 'gitlab' ? ours : undefined), [], type)
  t.strictSame(on('gitlab.*', ours), [])
  t.strictSame(on('*', ours), [])
})

t.test('a name that no event of the type has is a mistake, not a condition that never holds', async (t) => {
  const cases: [string, string, RegExp][] = [
    [
      'gitlab.push',
      'event.environment == "production"',
      /reads event\.environment, which no event of type gitlab\.push has/
    ],
    ['gitlab.pipeline', 'event.brnch == "main"', /did you mean 'event\.branch'\? they have: /],
    ['gitlab.pipeline', 'event["stat"] == "success"', /did you mean 'event\.state'\?/],
    ['gitlab.pipeline', 'has(event.action)', /reads event\.action/],
    ['gitlab.pipeline', '!("action" in event)', /reads event\.action/],
    ['gitlab.deployment', 'event.branch == "main"', /reads event\.branch/],
    ['gitlab.push', 'event.userId == "x"', /reads event\.userId/],
    ['gitlab.merge_request.*', '[1].exists(n, n == 1 && event.tag == "v1")', /reads event\.tag/]
  ]
  for (const [type, when, mistake] of cases) t.match(on(type, `${ours} && ${when}`), [mistake], when)
  t.match(on('compute.*', 'event.branch == "main"'), [/reads event\.branch/])
  const rights: [string, string][] = [
    ['gitlab.*', 'event.environment == "production" || event.tag == "v1"'],
    ['gitlab.pipeline', 'event.pipelineSource == "push" && event.protected && !event.fork && event.parent == null'],
    ['gitlab.pipeline', '!event.schedule && event.mergeRequest == null && event.time > "2026"'],
    ['gitlab.merge_request.merge', 'event.sourceProject == event.project && event.branch == event.defaultBranch']
  ]
  for (const [type, when] of rights) t.strictSame(on(type, `${ours} && ${when}`), [], when)
  t.strictSame(on('compute.*', 'event.project == "p" && event.addresses.exists(a, a == "10.0.0.1")'), [])
})

t.test('a rule on GitLab says whose events count', async (t) => {
  t.match(on('gitlab.pipeline', 'event.branch == event.defaultBranch'), [/does not look at event\.project/])
  t.match(on('gitlab.push'), [/whoever may push or merge in any project/])
  t.match(on('*', 'event.type == "x"'), [/does not look at event\.project/])
  t.strictSame(on('gitlab.merge_request.merge', 'event.subject.startsWith("a/b!")'), [])
})

t.test('what is read of each kind is what conditions may read', async (t) => {
  const folder = join(import.meta.dirname, '../../fixtures/gitlab')
  for (const name of ['merge_request-merge', 'push', 'tag_push', 'pipeline', 'deployment', 'release']) {
    const body = readFileSync(join(folder, `${name}.json`))
    const batch = normaliseGitlab({ headers: {}, body }, { instance: 'x', now: 0 })
    const event = batch.ok ? batch.events[0]! : (undefined as never)
    const said = Object.entries(event.data).filter(
      ([key, value]) => value !== null && !/happening|moved|people/.test(key)
    )
    const [{ names } = { names: [] as readonly string[] }] = typesOn(event.type)
    for (const [key] of said) t.ok(names.includes(key), `${event.type}: ${key}`)
    for (const key of names) t.ok(key in event || key in event.data, `${event.type} has ${key}`)
  }
})

const data: GitlabData = {
  ...{
    kind: 'gitlab',
    object: 'pipeline',
    project: 'apps/erpnext',
    defaultBranch: 'main',
    action: null,
    state: 'success'
  },
  ...{ branch: 'main', tag: null, sha: null, iid: 3, environment: null, user: 'eve', url: null, title: null }
}
const event = (more: Partial<GitlabData>): Event => ({
  ...{ id: 'k', source: '/gitlab/x', type: 'gitlab.pipeline', subject: 'apps/erpnext/-/pipelines/31' },
  ...{ time: '2026-11-24T12:00:00Z', project: null, requestId: null, globalRequestId: null },
  data: { ...data, ...more }
})

t.test('two unknowns are not the same, and "not" of an unknown is not yes', async (t) => {
  const met = (when: string, more: Partial<GitlabData>) => {
    const answer = condition(when)(event(more))
    return 'met' in answer ? answer.met : answer.failed
  }
  t.equal(met('event.branch == event.defaultBranch', {}), true)
  t.match(met('event.branch == event.defaultBranch', { branch: null }), /No such key: branch: it is not known here/)
  t.match(met('event.branch == event.defaultBranch', { branch: null, defaultBranch: null }), /No such key: branch/)
  t.match(met('event.fork != true', { fork: null }), /No such key: fork/)
  t.match(met('!event.fork', {}), /No such key: fork/, 'of an older version')
  t.match(met('event.protected != false', { protected: null }), /No such key: protected/)
  t.equal(met('event.parent == null && !event.fork', { parent: null, fork: false }), true)
})

const settings = {
  services: { erpnext: { namespace: 'erp', kind: 'Deployment', name: 'erpnext' } },
  rules: [
    {
      ...{
        name: 'r',
        on: 'gitlab.pipeline',
        when: 'event.project == "apps/erpnext"',
        do: 'restart',
        service: 'erpnext'
      },
      ...{ maxAge: '24h', deadline: '10m' }
    }
  ],
  placement: { erpnext: ['prod', 'dev'] },
  clusterNames: ['dev', 'prod'],
  changeControlled: ['prod']
} as const
const decide = (
  cluster: string,
  more: Partial<GitlabData>,
  { subject, when, said }: { subject?: string; when?: string; said?: Partial<GitlabAnswer> } = {}
) => {
  const { data, type, source } = event(more)
  const answer = {
    type,
    source,
    data,
    receivedAt: '2026-11-24T12:00:01.000Z',
    ageMs: 1,
    ...(subject ? { subject } : {})
  }
  const workload = { status: 'present', reason: 'fine', restartedAt: null }
  const lane = { policy: 'workload-actions', key: `r erpnext@${cluster} t k`, resources: [] }
  const rules = [{ ...settings.rules[0], ...(when === undefined ? {} : { when }) }]
  const asked = said === undefined ? {} : { gitlab: { against: null, people: ['eve'], protected: true, ...said } }
  const known = { ...settings, rules, ...(said && { gitlabUsers: { Alice: 'alice' } }) }
  return workloadActions.decide(lane, { event: answer, workload, ...asked } as never, known as never)
}

t.test('what GitLab does not protect changes no change-controlled cluster', async (t) => {
  t.match(decide('prod', { protected: false }), {
    outcome: 'skip',
    reason: /^refused: main of apps\/erpnext is not protected in GitLab, .* protect it there/
  })
  t.match(decide('dev', { protected: false }), { outcome: 'act' })
  t.match(decide('prod', { protected: true }), { outcome: 'act' })
})

t.test('what no webhook says is no yes: GitLab is asked, or the rule takes it so', async (t) => {
  const merge = { object: 'merge_request', action: 'merge', state: 'merged', protected: null }
  const when = 'event.project == "apps/erpnext"'
  t.match(decide('prod', merge), {
    outcome: 'skip',
    reason: /^refused: a webhook of type gitlab\.pipeline does not say whether main of apps\/erpnext is protected/
  })
  t.match(decide('dev', merge), { outcome: 'act' })
  t.match(decide('prod', merge, { when: `${when} && event.protected == null` }), { outcome: 'act' })
  t.match(decide('prod', merge, { said: {} }), { outcome: 'act' })
  t.match(decide('prod', { ...merge, protected: true }, { said: { protected: false } }), {
    outcome: 'skip',
    reason: /^refused: main of apps\/erpnext is not protected in GitLab/
  })
  const release = { object: 'release', branch: null, tag: 'v1', protected: null }
  t.match(decide('prod', release), { outcome: 'skip', reason: /does not say whether v1/ })
})

t.test('whom a webhook names frees nobody whom GitLab names', async (t) => {
  const merge = { object: 'merge_request', action: 'merge', state: 'merged', user: 'bob' }
  t.same(decide('prod', merge, { said: { people: ['alice', 'carol'] } }).requesters, ['alice', 'gitlab:carol'])
  t.match(decide('prod', merge, { said: { people: [] } }), { outcome: 'skip', reason: /does not say who was behind/ })
  t.match(decide('prod', merge, { said: { against: 'apps/erpnext!7 is opened, not merged' } }), {
    outcome: 'skip',
    reason: /GitLab says otherwise than its webhook: apps\/erpnext!7 is opened, not merged/
  })
  const needs = (cluster: string, more: object) =>
    workloadActions.needs({ policy: 'workload-actions', key: `r erpnext@${cluster} t k`, resources: [] }, {
      ...settings,
      ...more
    } as never)
  t.ok(needs('prod', { gitlabUsers: {} }).gitlab)
  t.notOk(needs('prod', {}).gitlab, 'where it is not configured')
  t.notOk(needs('dev', { gitlabUsers: {} }).gitlab, 'nor where anybody may bring it about')
})

t.test('everybody whom a payload names as having wanted it has asked for it', async (t) => {
  const folder = join(import.meta.dirname, '../../fixtures/gitlab')
  const body = JSON.parse(readFileSync(join(folder, 'merge_request-merge.json'), 'utf8'))
  const its = { ...body.object_attributes, author_id: 77 }
  const [author, assigned] = [
    { id: 77, username: 'Carol' },
    { id: 78, username: 'dora' }
  ]
  const raw = {
    ...body,
    object_attributes: its,
    assignees: [assigned],
    reviewers: [author, { id: 79, username: 'rex' }]
  }
  const batch = normaliseGitlab({ headers: {}, body: Buffer.from(JSON.stringify(raw)) }, { instance: 'x', now: 0 })
  const told = batch.ok ? batch.events[0]! : (undefined as never)
  const gitlab = { secrets: [], users: { carol: 'caroline' } }
  const who = requestersOf(told, { slack: null, gitlab })
  t.same(who, [`gitlab:${body.user.username}`, 'gitlab:dora', 'caroline'])
})

t.test('a comparison with an unknown does not hold, whichever way round', async (t) => {
  const gone = { branch: null, tag: null }
  const ask = (when: string) => condition(when)(event(gone))
  for (const when of [
    'event.branch != "main"',
    '!(event.branch == "main")',
    'event.branch == "main" ? false : true',
    '!(event.branch in ["main"])',
    'event["branch"] != "main"',
    'event.branch != event.tag',
    '"main" != event.branch',
    '[event].exists(e, e.branch != "main")',
    'event.branch != "main" && event.state == "success"'
  ])
    t.match(ask(when), { failed: /No such key: branch|No such key: tag/ }, when)
  for (const when of [
    'event.branch == null',
    'null == event.tag && event["branch"] == null',
    'event.branch == null || event.branch != "main"',
    'event.branch != null ? event.branch == "x" : event.state == "success"',
    'event.branch == "main" || event.state == "success"'
  ])
    t.same(ask(when), { met: true }, when)
  t.match(conditionMistake('event_with_nulls.branch == null'), /event_with_nulls/, 'nobody else may say it')
  t.same(namesRead('event.branch == null'), ['branch'])
})

t.test('a fork whose branch is called as ours restarts nothing', async (t) => {
  const body = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/gitlab/pipeline.json'), 'utf8'))
  const when = 'event.project == "infra/dns" && event.branch == event.defaultBranch && event.state == "success"'
  const rules = [{ ...settings.rules[0], when }]
  const lanes = (its: object, merge_request: object | null) => {
    const raw = { ...body, object_attributes: { ...body.object_attributes, ...its }, merge_request }
    const batch = normaliseGitlab({ headers: {}, body: Buffer.from(JSON.stringify(raw)) }, { instance: 'x', now: 0 })
    return workloadActions.lanes(batch.ok ? batch.events[0]! : (undefined as never), { ...settings, rules } as never)
  }
  const forked = { source_project_id: 66, target_project_id: 7, source_branch: 'main', target_branch: 'main' }
  t.match(lanes({ source: 'merge_request_event', ref: 'main', protected_ref: false }, forked), {
    none: /^rule r: its condition failed \(No such key: branch/
  })
  t.match(lanes({ source: 'push', ref: 'main', protected_ref: true }, null), [/^r erpnext@prod /, /^r erpnext@dev /])
})

t.test('nor does what is of no branch or tag itself, though the rule did not ask', async (t) => {
  const forked = {
    branch: null,
    pipelineSource: 'merge_request_event',
    fork: true,
    mergeRequest: 5,
    sourceBranch: 'main'
  }
  t.match(decide('prod', forked), {
    outcome: 'skip',
    reason:
      /^refused: this gitlab\.pipeline is of no branch or tag of apps\/erpnext itself, and prod is change-controlled/
  })
  t.match(decide('prod', { object: 'merge_request', action: 'open', state: 'opened', branch: null }), {
    outcome: 'skip'
  })
  t.match(decide('prod', { branch: null, tag: 'v1', protected: true }), { outcome: 'act' })
  const deployed = { object: 'deployment', environment: 'production', branch: null }
  t.match(decide('prod', deployed), { outcome: 'skip', reason: /^refused: the rule does not say to which environment/ })
  t.match(decide('prod', deployed, { when: 'event.environment == "production"' }), { outcome: 'act' })
  t.match(decide('dev', forked), { outcome: 'act' })
})

t.test('a pipeline is called as a pipeline', async (t) => {
  const { reason } = decide('prod', { protected: true }, { subject: 'apps/erpnext/-/pipelines/31' })
  t.match(reason, /because of gitlab\.pipeline apps\/erpnext\/-\/pipelines\/31 by eve$/)
  t.notMatch(decide('prod', { protected: true }).reason, /!3/, 'nor where an older version recorded the event')
})

t.test('a name that every object has is nobody and nothing', async (t) => {
  for (const name of ['constructor', 'tostring', '__proto__', 'valueOf']) {
    const about = { kind: 'person', actor: 'alice', did: 'restart', about: name, reason: null } as const
    const asked: Event = { ...event({}), type: 'stackreflex.restart', data: about }
    const lanes = workloadActions.lanes(asked, settings as never)
    if ('none' in lanes) continue
    for (const key of lanes) {
      const answers = { event: { ...asked, receivedAt: asked.time, ageMs: 1 } }
      const decision = workloadActions.decide(
        { policy: 'workload-actions', key, resources: [] },
        answers as never,
        settings as never
      )
      t.match(decision, { outcome: 'skip', reason: /there is no service/ }, key)
    }
    const gitlab = { secrets: [], users: { carol: 'caroline' } }
    t.same(requestersOf(event({ user: name }), { slack: null, gitlab }), [`gitlab:${name}`])
    t.same(requestersOf(event({ user: 'carol' }), { slack: null, gitlab }), ['caroline'])
  }
})
