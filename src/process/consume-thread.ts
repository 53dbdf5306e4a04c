import { parentPort, workerData } from 'node:worker_threads'
import { errorText } from '../base/error-text.ts'
import { createLog } from '../base/log.ts'
import type { Labels, MetricName } from '../base/metrics.ts'
import type { BrokerConfig, Config } from '../config/config.ts'
import { type ConsumerState, startOpenstackConsumer } from '../consumers/openstack.ts'
import { receive } from '../pipeline/pipeline.ts'
import { enabledPolicies } from '../policies/enabled.ts'
import { openJournal } from '../store/open.ts'

/**
 * The consume role in a thread of its own, with its own connection to the journal: a storm of notifications costs the
 * HTTP side nothing, and nothing but nudges and counts passes between the threads.
 */
export interface ConsumeThreadData {
  readonly broker: BrokerConfig
  readonly journalPath: string
  readonly config: Pick<Config, 'policies' | 'clusters' | 'limits' | 'placement'>
  readonly logLevel: string
}

/** The messages of the thread to the main thread. */
export type FromConsumeThread =
  | { readonly woke: true }
  | {
      readonly counted: readonly (readonly [MetricName, Labels, number])[]
      readonly state: ConsumerState
      /** Batches written since the last time, and why the newest could not be; null: none was refused. */
      readonly turns: { readonly appended: number; readonly failed: string | null }
    }
  | { readonly closed: true }

const { broker, journalPath, logLevel, config } = workerData as ConsumeThreadData
const port = parentPort!
const tell = (message: FromConsumeThread) => port.postMessage(message)

const log = createLog({ level: logLevel })
const journal = await openJournal({ path: journalPath })
const enabled = enabledPolicies(config)

const source = `${broker.openstack}/${broker.region}`
const counts = new Map<MetricName, number>()
const count = (name: MetricName, by: number) => counts.set(name, (counts.get(name) ?? 0) + by)

let turns: { appended: number; failed: string | null } = { appended: 0, failed: null }

const consumer = await startOpenstackConsumer({
  ...broker,
  where: { openstack: broker.openstack, region: broker.region },
  log,
  append: async (batch) => {
    const { woke, appended, duplicates } = await receive({ journal, policies: enabled }, batch).catch((error) => {
      turns = { ...turns, failed: errorText(error) }
      throw error
    })
    turns = { appended: turns.appended + 1, failed: null }
    count('events_total', appended)
    count('duplicates_total', duplicates)
    if (woke > 0) tell({ woke: true })
  },
  metrics: {
    appended: ({ ignored, ms }) => {
      count('ignored_total', ignored)
      count('append_batches_total', 1)
      count('append_seconds_total', ms / 1000)
    },
    appendFailed: () => count('append_failed_total', 1),
    malformed: () => count('malformed_total', 1)
  }
})

const report = setInterval(() => {
  const labels = { source }
  const counted = [...counts].map(([name, by]) => [name, labels, by] as const)
  counts.clear()
  tell({ counted, state: consumer.state(), turns })
  turns = { appended: 0, failed: null }
}, 500)

port.on('message', async () => {
  clearInterval(report)
  await consumer.close()
  await journal.close()
  tell({ closed: true })
  port.close()
})
