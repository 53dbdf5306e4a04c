import { nearest } from '../../base/nearest.ts'
import { namesRead } from '../../core/condition.ts'
import { type KnownType, knownTypes, neverAnEvent, typesOn } from '../../events/types.ts'

/** The part of a rule that says when it fires. */
interface On {
  readonly on: string
  readonly when?: string
}

/**
 * Says why a rule with this `on`, and a `when` that is a condition, would never fire, or would for anybody: a type of events that never
 * comes, a name that none of them has, webhooks of whichever project.
 */
export function mistakesOn({ on, when }: On): readonly string[] {
  const types = typesOn(on)
  if (types.length === 0) return [`on: ${unknownType(on)}`]
  const read = when === undefined ? [] : namesRead(when)
  const mistakes = read.filter((name) => types.every((one) => !one.names.includes(name))).map(noSuchName(on, types))
  if (types.some(({ sender }) => sender === 'gitlab') && !read.includes('project') && !read.includes('subject'))
    mistakes.push(
      'it does not look at event.project: whoever may push or merge in any project whose webhook comes here could do this; ' +
        'when: event.project == "group/project" && … says whose events count'
    )
  return mistakes
}

function unknownType(on: string): string {
  if (on.slice(0, -1).includes('*')) return `'${on}': a * stands at the end only, for every type that begins so`
  if (/^(slack|stackreflex)\b/.test(on))
    return `no rule sees events of type '${on}': what people ask for in Slack and on the command line needs none`
  const ignored = on.endsWith('*') ? null : neverAnEvent(on)
  if (ignored !== null) return `'${on}' is journalled as ignored and wakes nothing (${ignored})`
  const meant = meantBy(on)
  const hint = meant === null ? '' : `, did you mean '${meant}'?`
  return `there are no events of type '${on}'${hint}${hint === '' ? '; ' : ' '}${listed(on)}`
}

/** `gitlab.merge_request` → `gitlab.merge_request.*`, `gitlab.pipeline.success` → `gitlab.pipeline`, and typing mistakes. */
function meantBy(on: string): string | null {
  if (knownTypes.some(({ type }) => type.startsWith(`${on}.`))) return `${on}.*`
  const family = knownTypes.find(({ type }) => on.startsWith(`${type}.`))
  if (family !== undefined) return family.type
  const [word, star] = on.endsWith('*') ? [on.slice(0, -1), '*'] : [on, '']
  const known = knownTypes.map(({ type }) => type).filter((type) => !type.includes('*'))
  const beginnings = known.flatMap((type) =>
    type.split('.').map((_, n, parts) => `${parts.slice(0, n + 1).join('.')}.`)
  )
  const meant = nearest(word, star === '' ? known : [...new Set(beginnings)])
  return meant === null ? null : `${meant}${star}`
}

function listed(on: string): string {
  if (!on.startsWith('gitlab')) return 'docs/notifications.md lists those of OpenStack, docs/gitlab.md those of GitLab'
  const ofGitlab = knownTypes.filter(({ sender }) => sender === 'gitlab').map(({ type }) => type)
  return `types of GitLab are: ${ofGitlab.join(', ')}`
}

const noSuchName = (on: string, types: readonly KnownType[]) => (name: string) => {
  const known = [...new Set(types.flatMap(({ names }) => names))].sort()
  const meant = nearest(name, known)
  const hint = meant === null ? '' : `, did you mean 'event.${meant}'?`
  return `its condition reads event.${name}, which no event of type ${on} has${hint}${hint === '' ? ';' : ''} they have: ${known.join(', ')}`
}
