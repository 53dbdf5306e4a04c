import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { type FakeKubernetes, type KubernetesOptions, startKubernetes } from '../../../../sim/kubernetes/kubernetes.ts'
import { connectKubernetes, type Kubernetes } from '../../../../src/clients/kubernetes/kubernetes.ts'
import type { ActionContext } from '../../../../src/core/action.ts'
import type { Tools } from '../../../../src/policies/shared/tools.ts'

export interface ActionWorld {
  readonly fake: FakeKubernetes
  readonly kubernetes: Kubernetes
  readonly tools: Tools
  readonly context: ActionContext<Tools>
  /** How often `beforeChange` was called. */
  readonly changes: () => number
  /** The PATCH calls that the fake got from us. */
  readonly patches: () => number
}

/** One fake cluster `dev`, signed in as `user`, and what an action is performed with. */
export async function actionWorld(
  t: Test,
  options: KubernetesOptions & { user?: string; sleep?: (ms: number) => Promise<void> } = {}
): Promise<ActionWorld> {
  // Loaded with the first call, which takes seconds on a busy machine: no time-out of a call is to count that.
  await import('@kubernetes/client-node')
  const { user = 'admin', sleep = (ms) => delay(Math.min(ms, 20)), ...rest } = options
  const fake = await startKubernetes({ rollMs: 100, ...rest })
  t.teardown(() => fake.close())
  const kubeconfig = join(t.testdir({}), 'kubeconfig')
  writeFileSync(kubeconfig, fake.kubeconfig)
  const kubernetes = connectKubernetes('dev', { kubeconfig, context: user })
  t.teardown(() => kubernetes.close())
  const tools = {
    kubernetes: async (cluster: string) => {
      if (cluster !== 'dev') throw new Error(`cluster '${cluster}' has no kubernetes`)
      return kubernetes
    }
  } as Tools
  let changes = 0
  const context: ActionContext<Tools> = {
    tools,
    target: 'kubernetes/dev/Deployment/erp/erpnext',
    scope: 'kubernetes/dev',
    requestId: 'req-00000000-0000-5000-8000-000000000000',
    installId: 'test',
    sleep,
    beforeChange: async () => {
      changes++
      return 10_000
    }
  }
  const patches = () => fake.requests.filter((one) => one.method === 'PATCH').length
  return { fake, kubernetes, tools, context, changes: () => changes, patches }
}
