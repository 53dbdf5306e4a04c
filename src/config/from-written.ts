import { durationMs } from '../core/duration.ts'
import type { Json } from '../core/query.ts'
import { endOf } from '../core/until.ts'
import type { fromEnvironment } from './checks.ts'
import type { Config, SlackConfig } from './config.ts'
import { approvalRules, guardRules } from './guard.ts'
import { boundTo, openstackOfCluster } from './openstacks.ts'
import type { WrittenConfig } from './schema.ts'
import { resolveSecret, type Secret, type SecretSources } from './values.ts'

/** Makes the Config from a valid file: durations in ms, secrets looked up (`sources`; null: left empty), the environment's share on top. */
export function configOf(
  written: WrittenConfig,
  environment: ReturnType<typeof fromEnvironment>,
  sources: SecretSources | null
): Config {
  const ms = (text: string) => durationMs(text)!
  const guard = guardRules(written)
  const secret = (reference: Secret) => {
    const found = sources === null ? null : resolveSecret(reference, sources)
    return found?.ok === true ? found.value : ''
  }
  return {
    clusters: Object.entries(written.clusters).map(([name, cluster]) => ({
      name,
      cloud: cluster.cloud,
      openstack: openstackOfCluster(written, name),
      tier: cluster.tier,
      rules: guard.clusters[name]!,
      kubernetes: cluster.kubernetes ?? null
    })),
    notifications: written.notifications.map(({ silence, url, openstack, cloud, ...broker }) => {
      return { ...broker, openstack: openstack ?? cloud ?? '', url: secret(url), silenceMs: ms(silence) }
    }),
    policies: Object.entries(written.policies).map(([name, { mode, clusters, settings }]) => ({
      name,
      openstack: boundTo(written, name),
      mode,
      clusters,
      settings: settings as Json
    })),
    guard,
    limits: { afterUndoMs: ms(written.limits.afterUndo) },
    approvals: approvalRules(written),
    access: written.access,
    tokens: written.tokens.map(({ actor, groups, role, expires, sha256 }) => ({
      actor,
      groups,
      role,
      expiresAt: expires === undefined ? null : endOf(expires),
      sha256: secret(sha256)
    })),
    gitlab: {
      secrets: written.gitlab.secrets.map((one) =>
        'token' in one
          ? { kind: 'token' as const, value: secret(one.token), projects: one.projects }
          : { kind: 'signing' as const, value: secret(one.signing), projects: one.projects }
      ),
      ...(written.gitlab.api !== undefined && {
        api: { url: written.gitlab.api.url, token: secret(written.gitlab.api.token) }
      }),
      users: written.gitlab.users
    },
    slack: slackOf(written.slack, secret),
    placement: written.placement,
    sweep: { everyMs: ms(written.sweep.every), atStart: written.sweep.atStart },
    journal: {
      path: written.journal.path,
      keepMs: ms(written.journal.keep),
      keepIdsMs: ms(written.journal.keepIds)
    },
    http: { ...written.http, port: environment.port ?? written.http.port },
    log: written.log,
    roles: environment.roles
  }
}

function slackOf(written: WrittenConfig['slack'], secret: (reference: Secret) => string): SlackConfig | null {
  if (written === undefined) return null
  const { signingSecrets, botToken, channel, ...rest } = written
  return {
    ...rest,
    signingSecrets: signingSecrets.map(secret),
    botToken: botToken === undefined ? null : secret(botToken),
    channel: channel ?? null
  }
}
