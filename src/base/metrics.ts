interface Definition {
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
}

const counter = (help: string, ...labels: string[]): Definition => ({ kind: 'counter', help, labels })
const gauge = (help: string, ...labels: string[]): Definition => ({ kind: 'gauge', help, labels })

/** Every metric, without its prefix `stackreflex_`. Labels have few values: never an id, a name or a sentence. */
const METRICS = {
  events_total: counter('Events written to the journal', 'source'),
  ignored_total: counter('Notifications that are deliberately not made events', 'source'),
  malformed_total: counter('Messages that were dead-lettered because they are not notifications', 'source'),
  duplicates_total: counter('Events that the journal had already'),
  deliveries_total: counter('Webhook deliveries by what they were answered', 'sender', 'status'),
  refused_total: counter(
    'Requests refused for whom they came from: tokens, proofs, signatures, names, limits',
    'reason'
  ),
  append_failed_total: counter('Batches that the journal could not take; they are tried again'),
  append_seconds_total: counter('Time spent on writing batches to the journal'),
  append_batches_total: counter('Batches written to the journal'),
  decisions_total: counter('Decisions', 'policy', 'outcome'),
  actions_total: counter('Attempts of actions', 'type', 'outcome'),
  verdicts_total: counter('Steps and plans that the guard held up', 'verdict', 'rule'),
  sweeps_total: counter('Finished sweeps', 'policy', 'outcome'),
  drift_missed_total: counter('Drift although OpenStack should have sent an event: must stay 0'),
  drift_no_event_exists_total: counter(
    'Drift that no event could have told of: OpenStack sends none, or a first sweep took stock'
  ),
  lanes_pending: gauge('Lanes with events that are not decided yet'),
  lanes_parked: gauge('Lanes set aside after a failure'),
  lanes_held: gauge('Lanes that the guard keeps from acting'),
  approvals_open: gauge('Plans that wait for an approval'),
  stopped: gauge('1 while a person has stopped changes on the cluster', 'cluster'),
  stops_unwritten: gauge('Stops that are in force in memory and not in the journal'),
  clock_doubted: gauge('1 while the clock is not relied on, after a jump'),
  journal_doubted: gauge('1 while the journal may not be the one that was here: everything is stopped'),
  actions_open: gauge('Steps of plans that are not finished'),
  journal_events: gauge('Events in the journal'),
  journal_readable: gauge('0 while the journal could not be read for this answer: what is read from it is older then'),
  last_event_timestamp_seconds: gauge('When the newest event was written'),
  connected: gauge('1 while the broker is connected', 'broker'),
  missing_exchanges: gauge('Configured exchanges that the broker does not have', 'broker'),
  silence_seconds: gauge('Time since the last notification', 'broker'),
  queue_ready: gauge('Messages that wait in our queue', 'broker'),
  queue_fill_ratio: gauge('How full our queue is, 0 to 1; at 1 the broker drops the oldest', 'broker'),
  breaker_open: gauge('1 while a service is left alone because it kept failing', 'cloud', 'service'),
  breaker_opened_total: counter('How often a service failed so often that it was left alone', 'cloud', 'service'),
  quota_limit: gauge(
    'Limit of a shared quota, as of the last reading; left out where there is none',
    'group',
    'cluster',
    'resource'
  ),
  quota_used: gauge('Usage of a shared quota, with what is reserved', 'group', 'cluster', 'resource'),
  quota_full_seconds: gauge(
    'Time until usage is at the limit at the pace of late; left out where it is not growing',
    'group',
    'cluster',
    'resource'
  ),
  breaches: gauge('What must not be between clusters and is, as of the last decisions', 'rule', 'severity', 'state'),
  stage_failing: gauge('1 while a stage of the product fails again and again, or takes no turns any more', 'stage'),
  stage_failures: gauge('Turns of a stage that threw since the last one that ended well', 'stage'),
  stage_beat_timestamp_seconds: gauge('When a turn of a stage ended well last', 'stage'),
  build_info: gauge('Always 1', 'build')
} as const satisfies Record<string, Definition>

/** The name of a metric, without its prefix. */
export type MetricName = keyof typeof METRICS
/** The label values of one time series. */
export type Labels = Readonly<Record<string, string>>

/** Counters and gauges of the process, and their text for Prometheus. */
export interface Metrics {
  add(name: MetricName, labels?: Labels, by?: number): void
  set(name: MetricName, labels: Labels, value: number): void
  /** Takes every value of it away: what is set afterwards is all there is. */
  clear(name: MetricName): void
  /** The current value; 0 where nothing was counted. */
  get(name: MetricName, labels?: Labels): number
  /** In the text format of Prometheus. */
  text(): Promise<{ contentType: string; body: string }>
}

/**
 * Counts in plain maps, which costs the hot path nothing; prom-client (and its import time) only when somebody
 * scrapes.
 */
export function createMetrics(): Metrics {
  const values = new Map<MetricName, Map<string, { labels: Labels; value: number }>>()
  const cell = (name: MetricName, labels: Labels) => {
    const series = values.get(name) ?? new Map<string, { labels: Labels; value: number }>()
    values.set(name, series)
    const key = METRICS[name].labels.map((label) => labels[label] ?? '').join('\u0000')
    const found = series.get(key) ?? { labels: ownLabels(name, labels), value: 0 }
    series.set(key, found)
    return found
  }
  let registry: Promise<import('prom-client').Registry> | null = null
  return {
    add: (name, labels = {}, by = 1) => {
      cell(name, labels).value += by
    },
    set: (name, labels, value) => {
      cell(name, labels).value = value
    },
    clear: (name) => void values.delete(name),
    get: (name, labels = {}) => cell(name, labels).value,
    text: async () => {
      registry ??= register((name) => [...(values.get(name)?.values() ?? [])])
      const loaded = await registry
      return { contentType: loaded.contentType, body: await loaded.metrics() }
    }
  }
}

/** Only what the metric has: prom-client refuses others, and with them the whole page. */
function ownLabels(name: MetricName, labels: Labels): Labels {
  return Object.fromEntries(
    METRICS[name].labels.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]]))
  )
}

async function register(read: (name: MetricName) => readonly { labels: Labels; value: number }[]) {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('./prom-client.ts')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const [name, { kind, help, labels }] of Object.entries(METRICS) as [MetricName, Definition][]) {
    const options = { name: `stackreflex_${name}`, help, labelNames: [...labels], registers: [registry] }
    if (kind === 'counter') {
      new Counter({
        ...options,
        collect() {
          this.reset()
          for (const one of read(name)) this.inc(one.labels, one.value)
        }
      })
    } else {
      new Gauge({
        ...options,
        collect() {
          this.reset()
          for (const one of read(name)) this.set(one.labels, one.value)
        }
      })
    }
  }
  return registry
}
