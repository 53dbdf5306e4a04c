import { createCalls } from '../../src/clients/kubernetes/calls.ts'
import type { KubernetesSource } from '../../src/clients/kubernetes/kubernetes.ts'

/** Whom an API server takes somebody for. */
export interface UserInfo {
  readonly username: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Asks the API server whom it takes us for, as `kubectl auth whoami` does. */
export async function whoAmI(source: KubernetesSource, timeoutMs = 30_000): Promise<UserInfo> {
  const calls = createCalls('lab', source, {
    timeoutMs,
    withheld: { values: new Set() },
    breaker: {},
    onBreaker: () => {}
  })
  try {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const { body } = await calls.send('POST' as 'GET', path, { body: review })
    return (body as { status: { userInfo: UserInfo } }).status.userInfo
  } finally {
    calls.close()
  }
}
