import type { BreakerState } from '../clients/http/breaker.ts'
import type { Config } from '../config/config.ts'
import { needed } from '../core/approval.ts'
import { guard } from '../core/guard.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import type { Parts } from '../pipeline/parts.ts'
import { actions } from '../policies/actions.ts'
import { enabledPolicies, modesOf } from '../policies/enabled.ts'
import { load } from '../policies/questions.ts'
import type { Reading } from '../store/journal.ts'
import { contextOf, type Known } from './known.ts'
import { requestersOf } from './requester.ts'
import { buildTools, type CloudSource } from './tools.ts'

/** Everything that follows from one configuration; swapped as a whole when the file is read anew. */
export interface Live extends Known {
  readonly parts: Parts
}

/** What stays the same whatever the configuration says. */
export type Fixed = Omit<
  Parts,
  'policies' | 'actions' | 'tools' | 'load' | 'guard' | 'approvalMs' | 'requestersOf' | 'fourEyes'
> & {
  readonly source: CloudSource
  readonly stopAtOnce?: OperationsContext['stopAtOnce']
  readonly onBreaker: (state: BreakerState) => void
  /** The journal as people ask it. */
  readonly reading: Reading
}

/** The outcome of taking up a configuration: all that follows from it, or its problems. */
export type Brought =
  | { readonly ok: true; readonly live: Live }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Opens the clients of a configuration and draws its guard; nothing is sent yet. */
export function bring(
  config: Config,
  { source, onBreaker, stopAtOnce, reading, ...fixed }: Fixed,
  withoutLost = false
): Brought {
  const { journal, now } = fixed
  const enabled = enabledPolicies(config)
  const ownClouds = enabled.flatMap(({ settings }) => (settings as { cloud?: string }).cloud ?? [])
  const kubernetes = Object.fromEntries(
    config.clusters.flatMap(({ name, kubernetes }) => (kubernetes === null ? [] : [[name, kubernetes] as const]))
  )
  const built = buildTools(config.clusters, ownClouds, source, journal, {
    onBreaker,
    kubernetes,
    gitlab: config.gitlab.api ?? null,
    secrets: secretsOf(config),
    withoutLost,
    now: fixed.now
  })
  if (!built.ok)
    return { ok: false, problems: ['the clouds named in the configuration cannot be used:', ...built.problems] }
  const { expiresMs } = config.approvals
  const tiers = Object.fromEntries(config.clusters.map(({ name, tier }) => [name, tier]))
  const parts: Parts = {
    ...fixed,
    policies: enabled,
    actions,
    tools: built.tools,
    load,
    guard: guard(config.guard, modesOf(enabled)),
    approvalMs: expiresMs,
    requestersOf: (event) => requestersOf(event, config),
    fourEyes: (clusters) => needed(clusters, tiers, config.approvals).controlled
  }
  return {
    ok: true,
    live: {
      config,
      routing: parts,
      parts,
      context: contextOf(config, enabled, { journal, reading, now, ...(stopAtOnce !== undefined && { stopAtOnce }) }),
      checks: built.checks,
      undecided: built.undecided,
      clocks: built.clocks,
      files: built.files,
      close: built.close
    }
  }
}

/** Every secret that the configuration holds by now, wherever it came from. */
function secretsOf({ notifications, tokens, gitlab, slack }: Config): readonly string[] {
  return [
    ...notifications.map(({ url }) => url),
    ...tokens.map(({ sha256 }) => sha256),
    ...gitlab.secrets.map(({ value }) => value),
    ...(gitlab.api ? [gitlab.api.token] : []),
    ...(slack === null ? [] : [...slack.signingSecrets, slack.botToken ?? ''])
  ]
}
