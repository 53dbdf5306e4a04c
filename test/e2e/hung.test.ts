import { randomUUID } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startKubernetes } from '../../sim/kubernetes/kubernetes.ts'
import { createLog } from '../../src/base/log.ts'
import { connectKubernetes } from '../../src/clients/kubernetes/kubernetes.ts'
import { guard } from '../../src/core/guard.ts'
import { planSteps as acts, skip } from '../../src/core/policy.ts'
import { enter } from '../../src/core/work.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { stageChecks } from '../../src/pipeline/stage-checks.ts'
import { startWorker } from '../../src/pipeline/worker.ts'
import { load } from '../../src/policies/questions.ts'
import { workloadQuery } from '../../src/policies/workload-actions/questions/workload.ts'
import { buildTools } from '../../src/process/tools.ts'
import { openJournal } from '../../src/store/open.ts'
import { build, status } from '../handlers/build.ts'

const fake = await startKubernetes()
t.teardown(() => fake.close())
fake.deployment('erp', 'erpnext', 2)
const good = join(t.testdir({}), 'kubeconfig')
writeFileSync(good, fake.kubeconfig)
const warm = connectKubernetes('dev', { kubeconfig: good }, { timeoutMs: 60_000 })
await warm.getWorkload('Deployment', 'erp', 'erpnext')
warm.close()

/** The same, but its credential plug-in waits for somebody to sign in. */
function hungKubeconfig(t: Test): string {
  const folder = t.testdir({})
  writeFileSync(join(folder, 'login.sh'), '#!/bin/sh\nsleep 600\n')
  chmodSync(join(folder, 'login.sh'), 0o755)
  const config = JSON.parse(fake.kubeconfig)
  const version = 'client.authentication.k8s.io/v1'
  config.users[0].user = { exec: { apiVersion: version, command: './login.sh', interactiveMode: 'Never' } }
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
  return join(folder, 'kubeconfig')
}

/** A product with one policy, whose lanes are `<cluster>/<n>`: it looks at that cluster's workload, and acts on it if it should. */
async function product(
  t: Test,
  { folder, kubeconfigs, acting = false }: { folder: string; kubeconfigs: Record<string, string>; acting?: boolean }
) {
  const journal = await openJournal({ path: join(folder, 'journal.db') })
  const kubernetes = Object.fromEntries(
    Object.entries(kubeconfigs).map(([cluster, kubeconfig]) => [cluster, { kubeconfig }])
  )
  const built = buildTools([], [], { entries: {} }, journal, { kubernetes })
  if (!built.ok) throw new Error(built.problems.join())
  const step = (cluster: string, key: string) => ({
    type: 'hang',
    risk: 'update' as const,
    cluster: null,
    target: key,
    scope: cluster,
    input: { cluster }
  })
  const policy = {
    name: 'looks',
    kind: 'reaction',
    quietMs: 0,
    maxMs: 0,
    sweep: null,
    needs: ({ key }: { key: string }) =>
      acting
        ? {}
        : {
            workload: workloadQuery({
              ...{ cluster: key.split('/')[0]!, kind: 'Deployment', namespace: 'erp', name: 'erpnext' }
            })
          },
    decide: ({ key }: { key: string }) =>
      acting ? acts('acts', [step(key.split('/')[0]!, key)]) : skip('looked at it')
  }
  const enabled = { policy, mode: 'enforce', clusters: {}, settings: {} }
  const hang = {
    type: 'hang',
    async perform({ cluster }: { cluster: string }, { target, scope }: { target: string; scope: string }) {
      enter({ name: `kubernetes of cluster ${cluster}`, part: 1 / 2 })
      if (cluster === 'prod') await new Promise(() => {})
      return { outcome: 'changed', applied: { target, scope, value: null }, note: 'done' }
    }
  }
  const rules = { clusters: {}, budgets: [], coolDowns: [] }
  const parts = {
    ...{ journal, tools: built.tools, load, owner: randomUUID(), build: 'test', installId: 'test' },
    policies: [enabled],
    actions: [hang],
    guard: guard(rules, { looks: enabled } as never),
    approvalMs: 1000,
    requestersOf: () => [],
    fourEyes: () => true,
    now: Date.now,
    random: () => 0,
    sleep: (ms: number) => sleep(ms),
    log: createLog({ level: 'fatal' }),
    counted: () => {}
  } as unknown as Parts
  const times = { schedule: false, sweepEveryMs: () => 1e9, sweepAtStart: false, keepMs: 1e12, keepIdsMs: 1e12 }
  const size = { decide: true, act: true, decisionsAtOnce: 8, actionsAtOnce: 8, swept: () => {} }
  const worker = startWorker(() => parts, { ...times, ...size })
  t.teardown(async () => {
    built.close()
    await worker.close(100)
    await journal.close()
  })
  const event = (key: string) => ({
    event: {
      ...{
        id: `e-${key}`,
        source: '/test',
        type: 'test',
        subject: null,
        time: new Date().toISOString(),
        project: null
      },
      ...{ requestId: null, globalRequestId: null },
      data: { kind: 'hint', policy: 'looks', lane: key, reason: 'look', resources: [] }
    },
    lanes: [{ policy: 'looks', key, quietMs: 0, maxMs: 0, resources: [] }],
    note: null
  })
  return {
    journal,
    worker,
    checks: () => [...built.checks(), ...stageChecks(worker.stages(), Date.now())],
    async happens(keys: readonly string[]) {
      await journal.append({ events: keys.map(event) as never, ignored: [] })
      worker.wake()
    }
  }
}

const lanes = (cluster: string, count: number) => Array.from({ length: count }, (_, n) => `${cluster}/${n}`)
async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await met()); tries++) {
    if (tries > 400) throw new Error(`${what}: never`)
    await sleep(50)
  }
}

t.test('a cluster whose plug-in waits for a login keeps no other waiting, and /readyz names it', async (t) => {
  const prod = hungKubeconfig(t)
  const p = await product(t, { folder: dirname(prod), kubeconfigs: { prod, dev: good } })
  const app = build(t, { journal: p.journal, status: () => status({ checks: p.checks() }) })
  // Twice as many as there are deciders, before anything of dev.
  await p.happens(lanes('prod', 16))
  await until('prod has its share', async () => {
    const [state] = p.worker.stages()
    return state!.parties.some(({ name, waiting }) => name === 'kubernetes of cluster prod' && waiting > 0)
  })
  const [state] = p.worker.stages()
  t.match(state!.parties, [{ busy: 4, most: 4 }], 'half of the deciders, no more')
  await p.happens(lanes('dev', 30))
  const decided = async () => (await p.journal.decisions({ limit: 100 })).map(({ lane }) => lane)
  await until('dev is decided', async () => (await decided()).filter((lane) => lane.startsWith('dev/')).length === 30)
  t.notOk(
    (await decided()).some((lane) => lane.startsWith('prod/')),
    'while prod still waits'
  )

  await until('readiness says it', async () => {
    const { checks } = (await app.inject('/readyz')).json() as {
      checks: { name: string; level: string; detail: string }[]
    }
    const one = checks.find(({ name }) => name === 'kubernetes prod')
    return one?.level === 'warning' && one.detail.includes('login.sh had not ended after 10000 ms')
  })
  const ready = await app.inject('/readyz')
  t.equal(ready.statusCode, 200, 'the product itself is well: it decides on everything else')
  const waiting = await p.journal.lanes({ key: 'prod/15' })
  t.match(waiting, [{ parked: null, pending: 1 }], 'what waits is not given up')
})

t.test('actions that hang on one cluster keep no other from acting', async (t) => {
  const p = await product(t, { folder: t.testdir({}), kubeconfigs: {}, acting: true })
  await p.happens(lanes('prod', 16))
  await until('prod has its share', async () => ((await p.worker.stages()[1]!.parties[0]?.waiting) ?? 0) > 0)
  t.match(p.worker.stages()[1]!.parties, [{ busy: 4, most: 4 }])
  await p.happens(lanes('dev', 20))
  const done = async () => (await p.journal.actions({ limit: 100 })).filter(({ state }) => state === 'done')
  await until('dev has acted', async () => (await done()).length === 20)
  t.ok((await done()).every(({ target }) => target.startsWith('dev/')))
  const waits = (await p.journal.actions({ limit: 100 })).filter(({ state }) => state === 'ready')
  t.equal(waits.length, 12)
  t.ok(
    waits.every(
      ({ attempts, reason }) => attempts.length === 0 && /^kubernetes of cluster prod keeps 4 of 8/.test(reason!)
    ),
    'waiting for its turn uses up none of the tries that a step has'
  )
})
