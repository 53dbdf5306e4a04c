import { setTimeout as delay } from 'node:timers/promises'
import type { Gitlab } from '../gitlab/gitlab.ts'
import type { FakeKubernetes } from '../kubernetes/kubernetes.ts'
import type { Slack } from '../slack/slack.ts'

export interface WebhooksDay {
  readonly gitlab: Gitlab
  readonly slack: Slack
  readonly kubernetes: FakeKubernetes
  readonly signal: AbortSignal
  /** Milliseconds between two things that people do; default 6,000. */
  readonly paceMs?: number
}

/**
 * What people do at the webhooks, round after round: a merge request of ERPNext is merged, which asks for an approval
 * in Slack; somebody else approves; a pipeline of the CI runners succeeds, which restarts them at once; somebody asks for
 * the status, or for a restart where the service may not run.
 */
export async function startWebhooksDay({
  gitlab,
  slack,
  kubernetes,
  signal,
  paceMs = 6000
}: WebhooksDay): Promise<void> {
  const pause = (ms = paceMs) => delay(ms, undefined, { signal })
  const approveAll = async () => {
    for (const message of slack.messages('C0SIM'))
      if (JSON.stringify(message.blocks).includes('"approve"')) await slack.click('UBOB', message, 'approve')
  }
  await pause(2000)
  for (let round = 1; ; round++) {
    await gitlab.merge({
      project: 'apps/erpnext',
      branch: 'main',
      iid: round,
      user: 'alice',
      title: `Release ${round}`
    })
    await pause()
    await approveAll()
    await pause()
    await gitlab.pipeline({ project: 'infra/runners', branch: 'main', iid: round, status: 'success' })
    await pause()
    await slack.say('UALICE', 'status')
    await pause()
    await slack.say('UALICE', 'restart erpnext on dev')
    await pause()
    await gitlab.push({ project: 'apps/erpnext', branch: `feature-${round}` })
    // Every third release does not come up.
    if (round % 3 === 2) kubernetes.stick('erpnext', 'CrashLoopBackOff')
    else kubernetes.unstick('erpnext')
    await pause()
  }
}
