import { nearest } from '../base/nearest.ts'
import { durationMs } from '../core/duration.ts'
import { brokerChecks } from './broker-checks.ts'
import type { Path } from './document.ts'
import { doorsChecks } from './doors-checks.ts'
import { guardChecks } from './guard-checks.ts'
import { neverChecks } from './never-checks.ts'
import { lookedAfter } from './openstacks.ts'
import { type Mistake, showPath } from './problems.ts'
import type { KnownPolicy, Written } from './schema.ts'
import { isLoopback, isPublisherQueue, type SecretSources } from './values.ts'

const WEEK = 7 * 86_400_000

/**
 * What the schema cannot see. Each check reads only values that the schema found right (`valid`), so that one
 * mistake is never reported twice.
 */
export function crossChecks(
  written: Written,
  policies: readonly KnownPolicy[],
  sources: SecretSources | null,
  valid: (path: Path) => boolean,
  shapes: readonly Mistake[]
): Mistake[] {
  const mistakes: Mistake[] = []
  const wrong = (path: Path, value: unknown, message: string, allowed: string | null = null) =>
    mistakes.push({ path, part: 'value', value, message, allowed })

  for (const [i, broker] of (valid(['notifications']) || Array.isArray(written.notifications)
    ? written.notifications
    : []
  ).entries()) {
    const at = (key: string): Path => ['notifications', i, key]
    if (sources !== null) mistakes.push(...brokerChecks(broker, i, sources, valid))
    if (
      valid(at('queue')) &&
      valid(at('allowPublisherQueue')) &&
      isPublisherQueue(broker?.queue ?? '') &&
      !broker.allowPublisherQueue
    ) {
      wrong(
        at('queue'),
        broker.queue,
        "is a publisher's own queue <topic>.<priority>: reading it takes messages away from whoever else does",
        'another name, or this one together with allowPublisherQueue: true'
      )
    }
    if (valid(at('silence')) && typeof broker?.silence === 'string' && durationMs(broker.silence)! > WEEK) {
      wrong(at('silence'), broker.silence, 'is too long', 'a duration of at most 7d')
    }
  }

  if (valid(['sweep', 'every']) && durationMs(written.sweep.every)! > WEEK) {
    wrong(['sweep', 'every'], written.sweep.every, 'is too long', 'a duration of at most 7d')
  }
  if (valid(['journal', 'keep']) && valid(['journal', 'keepIds'])) {
    const { keep, keepIds } = written.journal
    if (durationMs(keepIds)! < durationMs(keep)!) {
      wrong(['journal', 'keepIds'], keepIds, 'is shorter than journal.keep', `${keep} or longer`)
    }
  }
  guardChecks({ written, policies, sources, valid, wrong })
  doorsChecks({ written, sources, valid, wrong })
  neverChecks({ written, sources, valid, wrong })
  if (valid(['http', 'host']) && !isLoopback(written.http.host) && !(written.tokens?.length > 0)) {
    wrong(
      ['http', 'host'],
      written.http.host,
      'is refused: without tokens only this machine may connect',
      '127.0.0.1, ::1 or localhost; any address once there are tokens'
    )
  }

  for (const policy of policies) mistakes.push(...settingsChecks(written, policy, shapes))
  return mistakes
}

/**
 * What a policy says of its settings, also where their shape is wrong somewhere: what it says of the very part that is wrong
 * is left out, since that has been said.
 */
function settingsChecks(written: Written, policy: KnownPolicy, shapes: readonly Mistake[]): Mistake[] {
  const path: Path = ['policies', policy.name, 'settings']
  const settings = written.policies?.[policy.name]?.settings
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return []
  const broken = shapes.flatMap(({ path: at, part, value }) =>
    // A key that is too many leaves all others as they are.
    path.every((one, i) => at[i] === one) && !(part === 'key' && value !== undefined) ? showPath(at.slice(3)) : []
  )
  let said: readonly string[]
  try {
    const { clusters, elsewhere } = lookedAfter(written, policy.name)
    said = policy.check(settings as never, clusters, elsewhere)
  } catch (error) {
    // It may rely on the shape, and then says the rest in the next round.
    if (broken.length > 0) return []
    throw error
  }
  const about = (sentence: string) => sentence.split(/[ :]/, 1)[0]!
  return said
    .filter((one) => !broken.some((at) => at === '' || within(at, about(one)) || within(about(one), at)))
    .map((message) => ({ path, part: 'value', value: undefined, message, allowed: null }))
}

const within = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`)

/** A policy that is off need not have settings; asked before the defaults are filled in. */
export const isUnset = (written: Written, policy: string): boolean => {
  const entry = written.policies?.[policy]
  return entry?.mode === 'off' && Object.keys((entry.settings ?? {}) as object).length === 0
}

export const ROLES = ['receive', 'serve', 'decide', 'act', 'consume', 'schedule'] as const
export type Role = (typeof ROLES)[number]

/** The environment's share: REFLEX_ROLES and PORT. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly roles: readonly Role[]
  readonly port: number | null
  readonly mistakes: readonly Mistake[]
} {
  const mistakes: Mistake[] = []
  const { REFLEX_ROLES: written = '' } = env
  const asked = written
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '')
  if (written !== '' && asked.length === 0)
    mistakes.push({
      path: ['REFLEX_ROLES'],
      part: 'value',
      value: written,
      message: 'names no role',
      allowed: `${ROLES.join(', ')}; not set: all of them`
    })
  for (const role of asked.filter((word) => !(ROLES as readonly string[]).includes(word))) {
    const meant = nearest(role, ROLES)
    const message = meant === null ? 'is not a role' : `is not a role, did you mean '${meant}'?`
    mistakes.push({ path: ['REFLEX_ROLES'], part: 'value', value: role, message, allowed: ROLES.join(', ') })
  }
  const port = env.PORT === undefined || env.PORT === '' ? null : Number(env.PORT)
  if (port !== null && !(/^\d+$/.test(env.PORT!) && port <= 65_535)) {
    const allowed = 'a whole number from 0 to 65535'
    mistakes.push({ path: ['PORT'], part: 'value', value: env.PORT, message: 'is not a port', allowed })
  }
  return { roles: asked.length === 0 ? ROLES : ROLES.filter((role) => asked.includes(role)), port, mistakes }
}
