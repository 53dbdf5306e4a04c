import { boundName, isId } from '../../core/bound-name.ts'
import type { Around, Idle } from '../../core/policy.ts'
import type { IsolationSettings } from './settings.ts'

/** Warns of what is written by a name alone, which others may give to theirs; and of what counts for nothing against others. */
export function bareNames(settings: IsolationSettings, { clusters: known }: Around): readonly Idle[] {
  const { clusters, shared, operators, exempt } = settings
  const warnings: Idle[] = []
  const isBare = (text: string) => !isId(text) && boundName(text, known).owner === null
  const isBareFound = (text: string) => isBare(text) && boundName(text, [settings.cloud]).owner === null
  const warn = (path: Idle['path'], message: string, allowed: string) => warnings.push({ path, message, allowed })
  const eachBare = (path: Idle['path'], texts: readonly string[], means: string) => {
    for (const [n, text] of texts.entries())
      if (isBareFound(text))
        warn(
          [...path, n],
          `'${text}' is a bare name, which anybody may give to theirs: ${means}`,
          `<cluster>/${text}, <project id>/${text}, or an id`
        )
  }
  const first = 'it means what alone was called so when it was first looked up, and nothing where several were'
  const people = 'what only has that name is neither left alone nor closed without an approval'

  for (const [name, one] of Object.entries(clusters)) {
    if (one.networks === undefined && one.ranges.length === 0)
      warn(
        ['clusters', name],
        `neither networks nor ranges are said: whoever is in its project makes networks of any range, so that none of theirs counts against other clusters, but for what operators made`,
        'networks: [<name>, …], or ranges: [10.1.0.0/16, …]'
      )
    eachBare(['clusters', name, 'images'], one.images, first)
    eachBare(['clusters', name, 'floatingPools'], one.floatingPools, first)
  }
  eachBare(['shared', 'networks'], shared.networks, first)
  eachBare(['shared', 'images'], shared.images, first)
  for (const [n, text] of operators.entries())
    if (!isId(text) && !text.includes('@'))
      warn(
        ['operators', n],
        `'${text}' is a bare name, which every domain may have: ${first}`,
        `${text}@<domain>, or an id`
      )
  for (const [n, { resource }] of exempt.entries())
    if (isBare(resource))
      warn(
        ['exempt', n, 'resource'],
        `'${resource}' is a bare name, which anybody may give to theirs: ${people}`,
        `<cluster>/${resource}, or an id`
      )
  eachBare(
    ['protected'],
    settings.protected.map((one) => (/^\*+$/.test(one) ? `${known[0]}/*` : one)),
    people
  )
  return warnings
}
