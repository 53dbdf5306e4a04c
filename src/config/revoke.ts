import { endOf } from '../core/until.ts'
import type { Config } from './config.ts'
import { readLoosely } from './document.ts'
import { resolveSecret, type Secret, type SecretSources } from './values.ts'

/** What is left of a configuration when its file is read anew and is wrong, and what was withdrawn, as sentences. */
export interface Left {
  readonly config: Config
  readonly withdrawn: readonly string[]
}

type Tree = Readonly<Record<string, unknown>>
const tree = (value: unknown): Tree => (typeof value === 'object' && value !== null ? (value as Tree) : {})

/** Nobody's: with a token less than none, whoever is on this machine would be let in. */
const nobodys = { actor: 'nobody', groups: [], sha256: '0'.repeat(64) } as const

/**
 * A wrong file gives nobody anything, but what is not in it any more is withdrawn: whoever takes a token's line out at night and
 * mistypes another one must not find out in the morning. Secrets in files and certificates count as they are now.
 */
export function withdraw(live: Config, text: string, sources: SecretSources): Left {
  const root = tree(readLoosely(text))
  const withdrawn: string[] = []
  const kept = <T>(all: readonly T[], is: (one: T) => boolean, name: (one: T, n: number) => string) =>
    all.filter((one, n) => is(one) || withdrawn.push(`${name(one, n)} does not count any more`) === 0)

  const said = list(root.tokens)?.map(tree)
  const found = said?.map((one) => ({ ...one, value: secretBehind(one.sha256, sources) }))
  const vouched = vouchedIn(text, sources)
  const tokens = kept(
    live.tokens,
    ({ actor, sha256 }) =>
      sha256 === nobodys.sha256 ||
      (found === undefined ? vouched(sha256) : found.some((one) => one.value === sha256 && tree(one).actor === actor)),
    ({ actor }) => `a token of ${actor}`
  ).map((token) => {
    const there = found?.filter((one) => one.value === token.sha256).map(tree)
    if (there === undefined) return token
    const groups = there.flatMap((one) => list(one.groups) ?? [])
    const ends = there
      .flatMap(({ expires }) => (typeof expires === 'string' ? endOf(expires) : []))
      .filter(Number.isFinite)
    const { expiresAt = null } = token
    return {
      ...token,
      groups: token.groups.filter((group) => groups.includes(group)),
      // Nobody gains anything: it may read only from now on, or end sooner, and nothing else.
      ...(there.some(({ role }) => role === 'read') ? { role: 'read' as const } : {}),
      expiresAt: ends.length === 0 ? expiresAt : Math.min(expiresAt ?? Number.POSITIVE_INFINITY, ...ends)
    }
  })

  const webhooks = list(tree(root.gitlab).secrets)
  const gitlab = webhooks?.map((one) => secretBehind(tree(one).token ?? tree(one).signing, sources))
  const signing = list(tree(root.slack).signingSecrets)?.map((one) => secretBehind(one, sources))
  const one = (values: readonly unknown[] | undefined) => (value: string) =>
    values === undefined ? vouched(value) : values.includes(value)

  const { slack } = live
  const config: Config = {
    ...live,
    tokens: live.tokens.length > 0 && tokens.length === 0 ? [nobodys] : tokens,
    gitlab: {
      ...live.gitlab,
      secrets: kept(
        live.gitlab.secrets,
        ({ value }) => one(gitlab)(value),
        (_, n) => `gitlab.secrets[${n}]`
      )
    },
    slack:
      slack === null
        ? null
        : {
            ...slack,
            signingSecrets: kept(slack.signingSecrets, one(signing), (_, n) => `slack.signingSecrets[${n}]`)
          },
    notifications: live.notifications.flatMap((broker, n) => {
      const at = tree(list(root.notifications)?.[n])
      const same = at.region === broker.region && (at.openstack ?? at.cloud) === broker.openstack
      const url = same && typeof at.url === 'object' ? secretBehind(at.url, sources) : broker.url
      const files = [broker.cacert, broker.cert, broker.key].filter((path) => path !== undefined)
      const gone = files.find((path) => secretBehind({ file: path }, sources) === null)
      if (url !== null && gone === undefined) return [{ ...broker, url }]
      const what = url === null ? 'its url cannot be read any more' : `${gone} cannot be read any more`
      withdrawn.push(`the broker of ${broker.openstack}/${broker.region} is left: ${what}`)
      return []
    })
  }
  return { config, withdrawn }
}

const list = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined)

function secretBehind(reference: unknown, sources: SecretSources): string | null {
  const { env, file } = tree(reference)
  if (typeof reference !== 'string' && typeof env !== 'string' && typeof file !== 'string') return null
  const found = resolveSecret(reference as Secret, sources)
  return found.ok ? found.value : null
}

/** Where a part of the file has lost its shape: whether a secret is in the text at all, or behind a reference in it. */
function vouchedIn(text: string, sources: SecretSources): (value: string) => boolean {
  const bare = text.replaceAll(/(^|\s)#.*$/gm, '$1')
  const references = [...bare.matchAll(/\b(file|env):\s*["']?([^\s"',}]+)/g)]
  const values = new Set(references.map(([, kind = '', name]) => secretBehind({ [kind]: name }, sources)))
  return (value) => values.has(value) || bare.includes(value)
}
