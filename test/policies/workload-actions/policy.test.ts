import t from 'tap'
import type { Event, GitlabData, PersonData } from '../../../src/events/event.ts'
import { askedInWords, readReaction } from '../../../src/policies/workload-actions/lanes.ts'
import { workloadActions } from '../../../src/policies/workload-actions/policy.ts'
import { checkWorkloadSettings, type WorkloadSettings } from '../../../src/policies/workload-actions/settings.ts'

const settings: WorkloadSettings = {
  services: {
    erpnext: { namespace: 'erp', kind: 'Deployment', name: 'erpnext' },
    platform: { namespace: 'flux-system', kind: 'Kustomization', name: 'platform' },
    runners: { namespace: 'ci', kind: 'StatefulSet', name: 'runners' }
  },
  rules: [
    {
      name: 'deploy',
      on: 'gitlab.merge_request.merge',
      when: 'event.project == "apps/erpnext" && event.branch == event.defaultBranch',
      do: 'restart',
      service: 'erpnext',
      maxAge: '1h',
      deadline: '10m'
    },
    {
      name: 'flux',
      on: 'gitlab.push',
      when: 'event.project == "apps/erpnext"',
      do: 'reconcile',
      service: 'platform',
      maxAge: '1h',
      deadline: '10m'
    },
    {
      name: 'everywhere',
      on: 'gitlab.*',
      when: 'event.project == "apps/erpnext" && event.tag == "v1"',
      do: 'restart',
      service: 'runners',
      cluster: 'prod',
      maxAge: '1h',
      deadline: '10m'
    }
  ],
  placement: { erpnext: ['prod'], platform: ['dev', 'infra'], runners: ['infra'] },
  clusterNames: ['dev', 'prod', 'infra']
}

const none: GitlabData = {
  kind: 'gitlab',
  object: 'merge_request',
  project: 'apps/erpnext',
  defaultBranch: 'main',
  action: 'merge',
  state: 'merged',
  branch: 'main',
  tag: null,
  sha: 'abc',
  iid: 7,
  environment: null,
  user: 'carol',
  url: null,
  title: null
}
const gitlab = (type: string, data: Partial<GitlabData> = {}): Event => ({
  id: 'gitlab/k 1',
  source: '/gitlab/git.example.org',
  type,
  subject: 'apps/erpnext!7',
  time: '2026-11-24T12:00:00.000Z',
  project: null,
  requestId: null,
  globalRequestId: null,
  data: { ...none, ...data }
})
const merge = gitlab('gitlab.merge_request.merge')
const lane = (key: string) => ({ policy: 'workload-actions', key, resources: [] })
const event = {
  type: merge.type,
  source: merge.source,
  data: merge.data,
  receivedAt: '2026-11-24T12:00:01.000Z',
  ageMs: 1000
}
const workload = { status: 'present', reason: '3 of 3 available', restartedAt: null }
const decide = (key: string, answers: object = { event, workload }) =>
  workloadActions.decide(lane(key), answers as never, settings)
const erpnext = 'deploy erpnext@prod 2026-11-24T12:00:00.000Z gitlab/k 1'

t.test('an event wakes a lane for each rule and cluster, named after it', async (t) => {
  t.same(workloadActions.lanes(merge, settings), [erpnext])
  t.same(readReaction(erpnext), {
    rule: 'deploy',
    service: 'erpnext',
    cluster: 'prod',
    time: '2026-11-24T12:00:00.000Z',
    id: 'gitlab/k 1'
  })
  t.same(
    (workloadActions.lanes(gitlab('gitlab.push'), settings) as string[]).map((key) => readReaction(key).cluster),
    ['dev', 'infra']
  )
})

t.test('and where it wakes none, it says why', async (t) => {
  const why = (one: Event) => (workloadActions.lanes(one, settings) as { none: string }).none
  t.match(why(gitlab('gitlab.merge_request.merge', { branch: 'feature' })), /rule deploy: its condition is not met/)
  t.match(why(gitlab('gitlab.pipeline')), /rule everywhere: its condition failed \(No such key: tag/)
  t.match(
    why({ ...gitlab('compute.instance.create.end'), data: { kind: 'none' } }),
    /no rule is on events of this type/
  )
  const odd = { ...gitlab('gitlab.push'), data: { kind: 'none' } } as Event
  const conditional = {
    ...settings,
    rules: [{ ...settings.rules[0]!, on: 'gitlab.push', when: 'event.branch == "main"' }]
  }
  t.match(workloadActions.lanes(odd, conditional), {
    none: /rule deploy: its condition failed \(No such key: branch\)/
  })
})

t.test('a wish is taken as it was understood; older journals have its words alone', async (t) => {
  const said = {
    kind: 'slack',
    what: 'command',
    team: 'T1',
    user: 'U1',
    channel: 'C1',
    words: 'restart erpnext'
  } as const
  const lanes = (data: Event['data']) => workloadActions.lanes({ ...merge, data }, settings)
  const wish = { word: 'restart', service: 'erpnext', cluster: 'dev' }
  t.same(lanes({ ...said, words: 'whatever was said', wish }), lanes({ ...said, words: 'restart erpnext dev' }))
  t.match(lanes({ ...said, wish: { word: 'status' } }), { none: 'asks for nothing to be done to a workload' })
  const person = { kind: 'person', actor: 'alice', did: 'restart', about: 'erpnext on dev', reason: null } as const
  t.same(lanes({ ...person, wish }), lanes(person))
})

t.test('words of Slack', async (t) => {
  t.same(askedInWords('restart ERPnext'), { word: 'restart', service: 'erpnext', cluster: null })
  t.same(askedInWords(' restart  erpnext on prod'), { word: 'restart', service: 'erpnext', cluster: 'prod' })
  t.equal(askedInWords('restart'), null)
  t.equal(askedInWords('explain erpnext'), null)
  const asked: Event = {
    ...merge,
    data: { kind: 'slack', what: 'command', team: 'T1', user: 'U1', channel: 'C1', words: 'restart erpnext dev' }
  }
  t.same(
    (workloadActions.lanes(asked, settings) as string[]).map((key) => readReaction(key).cluster),
    ['dev']
  )
})

t.test('a reason names the person, as the guard knows them, not an id of Slack', async (t) => {
  const call = { kind: 'slack', what: 'command', team: 'T1', user: 'W111', channel: 'C1', words: 'restart erpnext' }
  const reason = (more: object) =>
    decide('slack erpnext@prod t k', {
      event: { ...event, type: 'slack.command', data: { ...call, ...more } },
      workload
    }).reason
  t.match(reason({ actor: 'alice', userName: 'anybody' }), /because of slack\.command by alice \("restart erpnext"\)$/)
  // Nobody is known by the name that they gave themselves: it only stands beside the id.
  t.match(reason({ actor: 'slack:W111', userName: 'carol' }), /by slack:W111 \(carol\) \("restart erpnext"\)$/)
  t.match(reason({}), /by slack:W111 \("restart erpnext"\)$/, 'journalled before')
})

t.test('words on the command line, as those of Slack', async (t) => {
  const asked = (did: PersonData['did'], about: string): Event => ({
    ...merge,
    id: 'p1',
    data: { kind: 'person', actor: 'alice', did, about, reason: 'hangs' }
  })
  t.same(workloadActions.lanes(asked('restart', 'erpnext'), settings), [
    'person erpnext@prod 2026-11-24T12:00:00.000Z p1'
  ])
  t.same(workloadActions.lanes(asked('restart', 'erpnext on dev'), settings), [
    'person erpnext@dev 2026-11-24T12:00:00.000Z p1'
  ])
  t.same(workloadActions.lanes(asked('restart', 'nothing'), settings), [
    'person nothing@nowhere 2026-11-24T12:00:00.000Z p1'
  ])
  t.same(workloadActions.lanes(asked('undo', 'a1'), settings), { none: 'asks for nothing to be done to a workload' })
  const { type, data } = asked('restart', 'erpnext')
  const decision = decide('person erpnext@prod t p1', { event: { ...event, type, data }, workload })
  t.match(decision, { outcome: 'act', reason: /^restart of deployment erp\/erpnext on prod, .* by alice \(hangs\)$/ })
})

t.test('a restart, the same plan however often it is decided', async (t) => {
  const decision = decide(erpnext)
  t.match(decision, {
    outcome: 'act',
    reason: 'restart of deployment erp/erpnext on prod, because of gitlab.merge_request.merge apps/erpnext!7 by carol',
    steps: [
      {
        type: 'rollout-restart',
        risk: 'update',
        cluster: 'prod',
        target: 'kubernetes/prod/Deployment/erp/erpnext',
        input: { restartedAt: '2026-11-24T12:00:01.000Z', expects: null, deadlineMs: 600_000 }
      }
    ]
  })
  t.same(decide(erpnext, { event: { ...event, ageMs: 5000 }, workload }).steps, decision.steps)
  t.match(decide('flux platform@dev 2026-11-24T12:00:00.000Z k').steps, [
    { type: 'annotate', input: { annotation: 'reconcile.fluxcd.io/requestedAt', value: '2026-11-24T12:00:01.000Z' } }
  ])
})

t.test('the source is woken before what applies it, and the last link is held against the commit', async (t) => {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    namespace: 'flux-system',
    name: 'fleet'
  }
  const url = 'git@git.example.org:apps/erpnext.git'
  const made = {
    ...{ ...workload, apiVersion: 'kustomize.toolkit.fluxcd.io/v1', revision: 'main@sha1:old' },
    sources: [{ ...source, status: 'present', suspended: false }],
    follows: [{ url, branch: 'main' }]
  }
  const flux = 'flux platform@dev 2026-11-24T12:00:00.000Z k'
  const stepsOf = (more: object, data: object = {}) =>
    decide(flux, { event: { ...event, data: { ...merge.data, ...data } }, workload: { ...made, ...more } }).steps
  const asked = (more: object, data: object = {}) => (stepsOf(more, data).at(-1)!.input as { asked?: object }).asked
  const steps = stepsOf({})
  t.match(steps, [
    { type: 'annotate', target: 'kubernetes/dev/GitRepository/flux-system/fleet', input: { ...source } },
    {
      type: 'annotate',
      target: 'kubernetes/dev/Kustomization/flux-system/platform',
      input: { source, before: 'main@sha1:old', asked: { sha: 'abc', project: 'apps/erpnext' }, deadlineMs: 600_000 }
    }
  ])
  t.notOk('asked' in (steps[0]!.input as object), 'the source is only to be looked at')
  t.match(asked({}, { sha: null }), { none: /names no commit: nothing to compare with/ })
  t.match(asked({}, { branch: 'next' }), { none: /the event is of next, and it follows main/ })
  t.match(asked({ follows: [{ url, branch: null }] }), { none: /follows no branch/ })
  t.match(asked({ follows: [{ url: 'https://git.example.org/apps/fleet', branch: 'main' }] }), {
    none: /another repository/
  })
  t.match(asked({ follows: [{ url: 'https://git.example.org/apps/erpnext', branch: 'HEAD' }] }), { sha: 'abc' })
  t.equal(asked({}, { kind: 'person', actor: 'alice', did: 'restart', about: 'x', reason: null }), undefined)

  const gone = decide(flux, {
    event,
    workload: { ...made, sources: [{ ...source, status: 'gone', suspended: false }] }
  })
  t.match(gone, {
    outcome: 'skip',
    reason: /has a source that does not exist \(404\): gitrepository flux-system\/fleet$/
  })
  const slept = decide(flux, {
    event,
    workload: { ...made, sources: [{ ...source, status: 'present', suspended: true }] }
  })
  t.match(slept, { outcome: 'skip', reason: /source that is suspended, so nothing new is fetched/ })
  t.match(decide(flux, { event, workload: { ...made, paused: true } }), { outcome: 'skip', reason: /is suspended/ })
})

t.test('a restart is held against the commit, and none is planned that replaces nothing', async (t) => {
  t.match(decide(erpnext).steps, [{ input: { asked: { sha: 'abc', project: 'apps/erpnext' } } }])
  const cannot = 'has replicas 0: there is no pod to replace'
  t.match(decide(erpnext, { event, workload: { ...workload, cannot } }), {
    outcome: 'skip',
    reason: 'deployment erp/erpnext on prod has replicas 0: there is no pod to replace'
  })
})

t.test('every no has its reason', async (t) => {
  const cases: [string, object | undefined, RegExp][] = [
    [erpnext.replace('@prod', '@dev'), undefined, /^refused: erpnext is not placed on dev \(placement: prod\)$/],
    [erpnext.replace('@prod', '@nope'), undefined, /not placed on nope .*clusters are: dev, prod, infra/],
    ['everywhere runners@prod t k', undefined, /refused: runners is not placed on prod \(placement: infra\)/],
    ['slack nothing@prod t k', undefined, /there is no service 'nothing'; services are: erpnext, platform, runners/],
    ['slack platform@dev t k', undefined, /restart is not for a Kustomization/],
    ['gone erpnext@prod t k', undefined, /rule gone is not configured any more/],
    [erpnext, { event: null, workload }, /not in the journal any more/],
    [erpnext, { event: { ...event, ageMs: 3_600_001 }, workload }, /too late: this was 60 min ago, and maxAge is 1h/],
    [erpnext, { event, workload: { ...workload, status: 'gone', reason: 'does not exist (404)' } }, /does not exist/],
    [
      erpnext,
      { event, workload: { ...workload, restartedAt: '2026-11-24T12:00:01Z' } },
      /was restarted at 2026-11-24T12:00:01Z, after this was asked for/
    ]
  ]
  for (const [key, answers, reason] of cases) {
    const decision = decide(key, answers)
    t.equal(decision.outcome, 'skip')
    t.match(decision.reason, reason)
  }
})

t.test('a time of the year 2300 that somebody wrote into the workload keeps nobody from restarting it', async (t) => {
  const marked = { ...workload, restartedAt: '2300-01-01T00:00:00Z' }
  t.match(decide(erpnext, { event, workload: marked }), { outcome: 'act', steps: [{ type: 'rollout-restart' }] })
})

t.test('mistakes that a schema cannot see', async (t) => {
  const rule = settings.rules[0]!
  const mistakes = checkWorkloadSettings({
    ...settings,
    rules: [
      { ...rule, service: 'nothing' },
      { ...rule, do: 'refresh' },
      { ...rule, name: 'typed', when: 'size(event)' },
      { ...rule, name: 'unknown', when: 'evnt.branch == "x"' },
      { ...rule, name: 'broken', when: 'event.branch ==' },
      { ...rule, name: 'person' }
    ]
  })
  t.match(mistakes, [
    /rules\[0\] \(deploy\): there is no service 'nothing'/,
    /rules\[1\] \(deploy\): there is another rule of this name/,
    /refresh is for Application; erpnext is a Deployment/,
    /rules\[2\] \(typed\): its condition cannot be read: it is of type int: a condition is true or false/,
    /rules\[3\] \(unknown\): its condition cannot be read: Unknown variable: evnt/,
    /rules\[4\] \(broken\): its condition cannot be read/,
    /rules\[5\] \(person\): what people ask for has this name/
  ])
  t.same(checkWorkloadSettings(settings), [])
})
