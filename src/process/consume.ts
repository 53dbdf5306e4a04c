import { Worker } from 'node:worker_threads'
import { errorText } from '../base/error-text.ts'
import type { Heartbeats } from '../base/heartbeats.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { entryModule } from '../base/place.ts'
import type { BrokerConfig, Config } from '../config/config.ts'
import type { BrokerStatus } from '../handlers/health.ts'
import type { ConsumeThreadData, FromConsumeThread } from './consume-thread.ts'

/** One broker's consumer in its thread. */
export interface ConsumeThread {
  status(): BrokerStatus
  close(): Promise<void>
}

const closeWithinMs = 12_000
/** Its thread tells of itself twice a second. */
const deadMs = 30_000

/** Starts the thread of one broker, and again where it dies: what was not acknowledged comes once more. */
export function startConsumeThread(
  broker: BrokerConfig,
  config: Config,
  journalPath: string,
  { log, metrics, wake, beats }: { log: Log; metrics: Metrics; wake: () => void; beats?: Heartbeats }
): ConsumeThread {
  const data: ConsumeThreadData = {
    broker,
    journalPath,
    config: {
      policies: config.policies,
      clusters: config.clusters,
      limits: config.limits,
      placement: config.placement
    },
    logLevel: config.log.level
  }
  const startedAt = Date.now()
  let closing = false
  let status: BrokerStatus = {
    name: `${broker.openstack}/${broker.region}`,
    queue: broker.queue,
    connected: false,
    bound: [],
    missing: broker.exchanges,
    silentForMs: 0,
    silenceMs: broker.silenceMs,
    ready: null,
    fill: null
  }
  const stage = `consume ${status.name}`
  beats?.expect(stage, deadMs)
  let worker = start()

  function start(): Worker {
    const one = new Worker(entryModule('process/consume-thread'), {
      workerData: data
    })
    one.on('message', (message: FromConsumeThread) => {
      if ('woke' in message) wake()
      if ('counted' in message) {
        for (const [name, labels, by] of message.counted) metrics.add(name, labels, by)
        status = { ...status, ...message.state }
        const { failed, appended } = message.turns
        if (failed !== null) beats?.failed(stage, failed)
        else if (appended > 0) beats?.beat(stage)
        else beats?.alive(stage)
      }
    })
    one.on('error', (error) => {
      beats?.failed(stage, error)
      log.error(
        { err: error, broker: status.name },
        `the consumer's thread died: ${errorText(error)}; started again in a second`
      )
      status = { ...status, connected: false, silentForMs: Date.now() - startedAt }
      setTimeout(() => {
        if (!closing) worker = start()
      }, 1000).unref()
    })
    return one
  }

  return {
    status: () => status,
    async close() {
      closing = true
      beats?.forget(stage)
      const exited = new Promise((resolve) => worker.once('exit', resolve))
      worker.postMessage('close')
      const late = setTimeout(() => void worker.terminate(), closeWithinMs)
      await exited
      clearTimeout(late)
    }
  }
}
