import { type AskedCommit, projectOfUrl, shortCommit } from '../../core/commit.ts'
import type { EventAnswer } from '../shared/event.ts'
import type { Repository } from './questions/deployer.ts'

/**
 * Returns the commit that an event wants to see, or why nothing can be compared with it; undefined where the event is no matter of
 * commits. `follows`: the repositories that an object is made of; null for a workload, whose images tell.
 */
export function askedCommitOf({ data }: EventAnswer, follows: readonly Repository[] | null): AskedCommit | undefined {
  if (data.kind !== 'gitlab') return undefined
  const { sha, project, branch, defaultBranch } = data
  if (sha === null || project === null) return { none: 'the event names no commit: nothing to compare with' }
  if (follows === null) return { sha, project }
  const commit = `commit ${shortCommit(sha)} of ${project}`
  const own = follows.filter(({ url }) => projectOfUrl(url)?.toLowerCase() === project.toLowerCase())
  if (own.length === 0) return { none: `nothing to compare ${commit} with: it is made of another repository` }
  const followed = own.map((one) => (one.branch === 'HEAD' ? defaultBranch : one.branch))
  if (branch !== null && followed.includes(branch)) return { sha, project }
  const names = followed.map((one) => one ?? 'no branch').join(', ')
  return {
    none: `nothing to compare ${commit} with: the event is of ${branch ?? 'no branch'}, and it follows ${names}`
  }
}
