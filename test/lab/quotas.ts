import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { type User, user } from './user.ts'

export type Limits = Readonly<Record<string, number>>

/** How each service's quotas are set, and what its limits are called in an answer. */
const services = {
  nova: { path: (id: string) => ['compute', `/os-quota-sets/${id}`], key: 'quota_set' },
  cinder: { path: (id: string, own: string) => ['volume', `/${own}/os-quota-sets/${id}`], key: 'quota_set' },
  neutron: { path: (id: string) => ['network', `/quotas/${id}`], key: 'quota' },
  octavia: { path: (id: string) => ['balancer', `/lbaas/quotas/${id}`], key: 'quota' }
} as const
export type Service = keyof typeof services

const admin = user('admin')

/** An administrator's own look at the limits of a project, and change of them: what somebody else does. */
export async function limitsOf(of: User, service: Service): Promise<Limits> {
  const { path, key } = services[service]
  const [where, at] = path(await of.projectId(), await admin.projectId())
  return (await admin.call(where as 'compute', 'GET', at!))[key]
}

export async function setLimits(of: User, service: Service, limits: Limits): Promise<void> {
  const { path, key } = services[service]
  const [where, at] = path(await of.projectId(), await admin.projectId())
  const body = service === 'nova' ? { ...limits, force: true } : limits
  await admin.call(where as 'compute', 'PUT', at!, { [key]: body })
}

/** Sets limits for the time of a test; what was there before comes back. */
export async function withLimits(t: Test, of: User, service: Service, limits: Limits): Promise<void> {
  const before = await limitsOf(of, service)
  const old = Object.fromEntries(
    Object.keys(limits).map((key) => [key, before[key] ?? before[key.replace('loadbalancer', 'load_balancer')]!])
  )
  t.teardown(() => setLimits(of, service, old))
  await setLimits(of, service, limits)
}

export interface Seen {
  readonly at: string
  readonly sums: Limits
  readonly limits: Readonly<Record<string, Limits>>
}

export interface Summary {
  readonly samples: number
  readonly longestGapMs: number
  readonly maxSum: Limits
  readonly minSum: Limits
  readonly minLimit: Readonly<Record<string, Limits>>
}

/** lab/quota-observer.py, which asks the databases themselves, all of them in one select every 50 ms. */
export async function observe(t: Test, resources: readonly string[]) {
  const args = ['lab/quota-observer.py', 'dev,prod,infra', ...resources]
  const child: ChildProcess = spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const reading = createInterface({ input: child.stdout! })
  reading.on('line', (line) => lines.push(line))
  while (lines.length === 0) await Promise.race([once(reading, 'line'), once(child, 'exit')])
  const seen = () => lines.map((line) => JSON.parse(line) as Seen).filter((one) => one.at !== undefined)
  return {
    seen,
    /** Limits now. */
    now: (): Seen['limits'] => seen().at(-1)!.limits,
    async end(): Promise<Summary> {
      child.kill('SIGTERM')
      await once(reading, 'close')
      return JSON.parse(lines.at(-1)!) as Summary
    }
  }
}
