import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/** What the probe is told, and what it gives back when it is told to end. */
export interface Probe {
  readonly url: string
  readonly secret: string
}

export interface Probed {
  /** ms of each, connection kept. */
  readonly health: readonly number[]
  readonly webhook: readonly number[]
}

const { url, secret } = workerData as Probe
const body = readFileSync(join(import.meta.dirname, '../test/fixtures/gitlab/push.json'), 'utf8')
const { after } = JSON.parse(body) as { after: string }
const everyMs = { health: 5, webhook: 20 }
let ended = false
parentPort!.once('message', () => (ended = true))

/** One connection, one request at a time: what is measured is how long one waits. */
async function times(every: number, options: () => { path: string; method?: string; headers?: object; body?: string }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const measured: number[] = []
  while (!ended) {
    const { path, method = 'GET', headers = {}, body } = options()
    const begin = performance.now()
    await new Promise<void>((resolve, reject) => {
      const call = request(`${url}${path}`, { agent, method, headers: { ...headers } }, (answer) => {
        if (answer.statusCode !== 200 && answer.statusCode !== 204) reject(new Error(`${path}: ${answer.statusCode}`))
        answer.resume().on('end', resolve)
      })
      call.on('error', reject).end(body)
    })
    measured.push(performance.now() - begin)
    await sleep(every)
  }
  agent.destroy()
  return measured
}

const push = () => {
  const id = randomUUID()
  return {
    path: '/webhooks/gitlab',
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-gitlab-event': 'Push Hook',
      'x-gitlab-token': secret,
      'idempotency-key': id
    },
    body: body.replaceAll(after, id.replaceAll('-', '').padEnd(40, '0'))
  }
}

const [health, webhook] = await Promise.all([
  times(everyMs.health, () => ({ path: '/healthz' })),
  times(everyMs.webhook, push)
])
parentPort!.postMessage({ health, webhook } satisfies Probed)
