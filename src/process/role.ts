import type { Check } from '../base/check.ts'
import type { Heartbeats } from '../base/heartbeats.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Bus } from '../bus/bus.ts'
import type { Config } from '../config/config.ts'
import type { Routes } from '../handlers/app.ts'
import type { BrokerStatus } from '../handlers/health.ts'
import type { Parts } from '../pipeline/parts.ts'
import type { receive } from '../pipeline/pipeline.ts'
import type { StageState } from '../pipeline/worker.ts'
import type { Journal, Reading } from '../store/journal.ts'
import type { ClockWatch } from './clock-watch.ts'
import type { Known } from './known.ts'
import type { Simulated } from './simulated.ts'
import type { SlackSide } from './slack-side.ts'

/** What a role is started with. */
export interface RoleParts {
  /** As it was at the start; what may change while the product runs is in `live`. */
  readonly config: Config
  /** All that follows from the configuration that is in force now. */
  readonly live: () => Known
  /** What a piece of work is done with; only where this process decides, acts or sweeps. */
  readonly work: () => Parts
  readonly journal: Journal
  readonly journalPath: string
  /** For people's questions. */
  readonly reading: Reading
  readonly clock: ClockWatch
  readonly bus: Bus
  readonly log: Log
  readonly metrics: Metrics
  readonly beats: Heartbeats
  readonly build: string
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Journals a batch from this source, and wakes who may have something to do now. */
  readonly take: (source: string, batch: Parameters<typeof receive>[1]) => ReturnType<typeof receive>
  /** Opened by the first role that asks for it. */
  readonly slack: () => Promise<SlackSide>
  /** null: this is no simulation. */
  readonly simulated: Simulated | null
}

/** What a role adds to its process; all of it may be left out. */
export interface StartedRole {
  readonly routes?: Routes
  /** Begins once the HTTP side listens at `url`. */
  readonly run?: (url: string) => unknown
  readonly checks?: () => readonly Check[]
  readonly brokers?: () => readonly BrokerStatus[]
  readonly stages?: () => readonly StageState[]
  /** Another configuration is in force. */
  readonly renewed?: (before: Config) => unknown
  /** A new configuration was read and is in force as a whole. */
  readonly reread?: () => unknown
  /** What whoever started the process is told once it is up; null: nothing. */
  readonly greeting?: (url: string) => string | null
  /** Ends what `run` began. */
  readonly close?: () => unknown
}

/** Starts a role; nothing is taken on before `run`. */
export type StartRole = (parts: RoleParts) => Promise<StartedRole>
