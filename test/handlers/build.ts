import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { createLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import type { BrokerStatus, ProcessStatus } from '../../src/handlers/health.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import type { Journal } from '../../src/store/journal.ts'
import { everyRoute, type WholeParts } from './every-route.ts'
import { at, booted, journalOf } from './story.ts'

export const broker = (more: Partial<BrokerStatus> = {}): BrokerStatus => ({
  name: 'lab/RegionOne',
  queue: 'stackreflex',
  connected: true,
  bound: ['nova', 'neutron'],
  missing: [],
  silentForMs: 1000,
  silenceMs: 900_000,
  ready: 3,
  fill: 0.01,
  ...more
})

export const status = (more: Partial<ProcessStatus> = {}): ProcessStatus => ({
  build: 'b1',
  installId: 'i1',
  simulated: false,
  modes: { 'dns-records': 'enforce' },
  brokers: [],
  checks: [],
  ...more
})

const rule = { required: 1, groups: ['sre', 'ops'] }

/** What proves a user of this machine to `build`'s app. */
export const localKey = { path: '/none/j.db.key', key: `reflex-local-${'k'.repeat(43)}` }
export const asLocal = { authorization: `Bearer ${localKey.key}` }

/** What the operations work with, of a configuration with three clusters and nobody set apart. */
export const context = (journal: Journal): OperationsContext => ({
  journal,
  tiers: { dev: 'bursty', prod: 'change-controlled', infra: 'always-on' },
  approvals: { expiresMs: 3_600_000, tiers: { bursty: rule, 'change-controlled': rule, 'always-on': rule } },
  operate: ['sre', 'ops'],
  now: Date.now,
  receive: (batch) => receive({ journal, policies: [] }, batch)
})

/** An app over the story of a booted server, closed with the test. */
export function build(t: Test, parts: Partial<WholeParts> = {}): FastifyInstance {
  const app = everyRoute({
    journal: journalOf(booted),
    status: () => status(),
    log: createLog({ level: 'silent' }),
    metrics: createMetrics(),
    now: () => at(1000),
    context: () => context(parts.journal ?? journalOf(booted)),
    tokens: () => [],
    localKey,
    ...parts
  })
  t.teardown(() => app.close())
  return app
}
