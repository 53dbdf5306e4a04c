import { isLoopback } from '../base/loopback.ts'
import type { Path } from './document.ts'
import { problemOf } from './gitlab-secret.ts'
import type { WrittenConfig } from './schema.ts'
import { resolveSecret, type Secret, type SecretSources } from './values.ts'

interface Check {
  readonly written: WrittenConfig
  readonly sources: SecretSources | null
  readonly valid: (path: Path) => boolean
  readonly wrong: (path: Path, value: unknown, message: string, allowed?: string | null) => void
}

/** Secrets of GitLab and Slack, and what their entries need to be of use. */
export function integrationsChecks({ written, sources, valid, wrong }: Check): void {
  const secret = (path: Path, reference: Secret | undefined, mistake: (value: string) => string | null) => {
    if (sources === null || reference === undefined || !valid(path)) return
    const found = resolveSecret(reference, sources)
    if (!found.ok) return wrong([...path, found.at], undefined, found.message)
    const message = mistake(found.value)
    if (message !== null) wrong(path, undefined, message)
  }
  const anything = () => null

  if (valid(['gitlab', 'secrets']) || Array.isArray(written.gitlab?.secrets))
    for (const [n, one] of (written.gitlab?.secrets ?? []).entries()) {
      const at: Path = ['gitlab', 'secrets', n]
      if (!valid(at)) continue
      if ('signing' in one) secret([...at, 'signing'], one.signing, (value) => problemOf({ kind: 'signing', value }))
      else secret([...at, 'token'], one.token, (value) => problemOf({ kind: 'token', value }))
    }

  const gitlabApi = valid(['gitlab', 'api']) ? written.gitlab?.api : undefined
  if (gitlabApi !== undefined) {
    secret(['gitlab', 'api', 'token'], gitlabApi.token, anything)
    const at: Path = ['gitlab', 'api', 'url']
    const to = URL.parse(gitlabApi.url)
    const allowed = 'https://gitlab.example.org'
    if (to === null || !/^https?:$/.test(to.protocol)) wrong(at, gitlabApi.url, 'is not a URL', allowed)
    else if (to.protocol !== 'https:' && !isLoopback(to.hostname))
      wrong(at, gitlabApi.url, 'would send the token in clear', allowed)
    else if (to.search !== '' || to.username !== '') wrong(at, gitlabApi.url, 'has more than host and path', allowed)
  }

  const slack = written.slack as Partial<NonNullable<WrittenConfig['slack']>> | undefined
  // Each part by itself: what is wrong in one hides nothing of the others.
  const has = <Key extends keyof NonNullable<typeof slack>>(key: Key) =>
    valid(['slack', key]) ? slack?.[key] : undefined
  if (typeof slack !== 'object' || slack === null) return
  for (const [n, one] of (Array.isArray(slack.signingSecrets) ? slack.signingSecrets : []).entries())
    secret(['slack', 'signingSecrets', n], one, anything)
  secret(['slack', 'botToken'], slack.botToken, (value) =>
    value.startsWith('xoxb-') ? null : 'is no bot token: those begin with xoxb-'
  )
  const apiUrl = has('apiUrl')
  const api = URL.parse(apiUrl ?? '')
  const allowed = 'https://slack.com/api/'
  if (apiUrl !== undefined && api === null) wrong(['slack', 'apiUrl'], apiUrl, 'is not a URL', allowed)
  else if (api !== null && api.protocol !== 'https:' && !isLoopback(api.hostname))
    wrong(['slack', 'apiUrl'], apiUrl, 'would send the bot token in clear', allowed)
  if (slack.botToken !== undefined) return
  const channel = has('channel')
  if (channel !== undefined) wrong(['slack', 'channel'], channel, 'needs a botToken to post with', 'both, or neither')
  if (Object.keys(has('userGroups') ?? {}).length > 0)
    wrong(['slack', 'userGroups'], undefined, 'needs a botToken to read who is in them', 'both, or neither')
}
