import { createHash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import { writePrivate } from '../base/private-file.ts'
import type { Normalised } from '../events/event.ts'
import { type SimulatedPerson, simulatedPeople } from '../people/simulated-person.ts'
import type { Lock } from '../store/open.ts'
import {
  gitlabReadToken,
  gitlabToken,
  signingSecret,
  simulatedClouds,
  simulatedConfigText
} from './simulated-config.ts'

/** A simulated cloud, its clusters, a GitLab and a Slack, with their scripted day: for a first look without any of them. */
export interface Simulated {
  readonly configText: string
  readonly entries: Readonly<Record<string, unknown>>
  /** Who may approve, each with a token of this run. */
  readonly people: readonly SimulatedPerson[]
  /** Of its journal, which nobody else uses from before it was made anew. */
  readonly lock: Lock
  /** The day begins; normalised notifications come in order, webhooks and commands go to the product at `target`. */
  listen(target: string, receive: (batch: Extract<Normalised, { ok: true }>) => Promise<void>): void
  close(): Promise<void>
}

/**
 * Starts everything that is simulated; who calls the product learns at `listen` where it is. A demo that runs in this
 * folder is left alone.
 */
export async function startSimulated(dataFolder: string, log: Log): Promise<Simulated> {
  const path = join(dataFolder, 'simulated.db')
  const { lockJournal } = await import('../store/open.ts')
  // Before anything is deleted or written.
  const lock = lockJournal(path, (line) => log.warn(line))
  try {
    return await startLocked({ dataFolder, path, log, lock })
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Locked {
  readonly dataFolder: string
  readonly path: string
  readonly log: Log
  readonly lock: Lock
}

async function startLocked({ dataFolder, path, log, lock }: Locked): Promise<Simulated> {
  const [
    { startSim },
    { startDay },
    { startWebhooksDay },
    gitlabs,
    gitlabApis,
    kubernetesApis,
    slacks,
    { normaliseOpenstack }
  ] = await Promise.all([
    import('../../sim/cloud.ts'),
    import('../../sim/day/day.ts'),
    import('../../sim/day/webhooks-day.ts'),
    import('../../sim/gitlab/gitlab.ts'),
    import('../../sim/gitlab/api.ts'),
    import('../../sim/kubernetes/kubernetes.ts'),
    import('../../sim/slack/slack.ts'),
    import('../events/openstack.ts')
  ])
  for (const suffix of ['', '-wal', '-shm', '.witness']) rmSync(path + suffix, { force: true })
  let product = ''
  const [sim, gitlabApi, kubernetes, slack] = await Promise.all([
    startSim(),
    gitlabApis.startGitlabApi({ token: gitlabReadToken }),
    kubernetesApis.startKubernetes({ rollMs: 3000, progressDeadlineMs: 20_000 }),
    slacks.startSlack({ signingSecret, target: () => product })
  ])
  kubernetes.deployment('erp', 'erpnext', 3)
  kubernetes.deployment('ci', 'runners', 2)
  const kubeconfig = join(dataFolder, 'simulated.kubeconfig')
  writePrivate(kubeconfig, kubernetes.kubeconfig)
  // For the commands beside it, and for `openstack --os-cloud dev`; all of it is made up.
  writePrivate(join(dataFolder, simulatedClouds), JSON.stringify(sim.clouds, null, 2))
  const people = simulatedPeople.map((actor) => ({
    actor,
    groups: ['sre'],
    token: randomBytes(18).toString('base64url')
  }))
  const [alice = '', bob = ''] = people.map(({ token }) => createHash('sha256').update(token).digest('hex'))
  const over = new AbortController()
  const ended = (error: Error) => {
    if (!over.signal.aborted) log.error({ err: error }, `the simulated day ended early: ${error.message}`)
  }
  return {
    configText: simulatedConfigText({
      journalPath: path,
      kubeconfig,
      slackUrl: slack.apiUrl,
      gitlabUrl: gitlabApi.url,
      tokens: { alice, bob }
    }),
    entries: sim.clouds.clouds,
    people,
    lock,
    listen(target, receive) {
      product = target
      const gitlab = gitlabs.startGitlab({
        url: `${target}/webhooks/gitlab`,
        secret: { kind: 'token', value: gitlabToken },
        api: gitlabApi
      })
      let last: Promise<void> = Promise.resolve()
      sim.onNotification(({ exchange, routingKey, body }) => {
        const batch = normaliseOpenstack({ exchange, routingKey, body }, { openstack: 'sim', region: 'RegionOne' })
        if (!batch.ok) return log.error(`the simulated cloud sent something that is no notification: ${batch.reason}`)
        last = last
          .then(() => receive(batch))
          .catch((error) => log.error({ err: error }, 'a simulated notification was lost'))
        return undefined
      })
      startDay(sim, { mistakes: true, signal: over.signal }).catch(ended)
      startWebhooksDay({ gitlab, slack, kubernetes, signal: over.signal }).catch(ended)
    },
    async close() {
      over.abort()
      await Promise.all([sim.close(), gitlabApi.close(), kubernetes.close(), slack.close()])
      lock.release()
    }
  }
}
