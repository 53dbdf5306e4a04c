import type { KubernetesObject } from '../../../clients/kubernetes/kubernetes.ts'
import { type AskedCommit, namesCommit, shortCommit } from '../../../core/commit.ts'
import { withoutCredentials } from '../../../core/credentials.ts'
import { argoRevisions, argoState } from './handling-argo.ts'
import { fluxRevisions, fluxState } from './handling-flux.ts'
import type { Handling } from './handling-state.ts'

/** What to hold an object against: what it applies, the commit that was asked for, what it had before. */
export interface Expected {
  readonly source: KubernetesObject | null
  readonly asked: AskedCommit | undefined
  readonly before: string | null | undefined
}

/** Reads how far a Flux or Argo CD object is: done only when what it says it applied is what there is to apply. */
export function handlingOf(object: KubernetesObject, { source, asked, before }: Expected): Handling {
  const argo = object.apiVersion.startsWith('argoproj.io/')
  const said = argo ? argoState(object) : fluxState(object, source)
  const state = { ...said, sentence: short(withoutCredentials(said.sentence)) }
  if (state.state !== 'done') return state
  const revisions = argo ? argoRevisions(object) : fluxRevisions(object)
  // What applies a chart tells the chart's version; the commit stands in the chart, which is the same by now.
  const commits = [...revisions, ...(source === null ? [] : fluxRevisions(source))]
  const [revision = null] = revisions
  const was = before == null || revision === null ? '' : before === revision ? ' (as before)' : ` (before: ${before})`
  const sentence = `${state.sentence}${revision === null ? '' : `, ${revision}`}${was}`
  if (asked === undefined) return { state: 'done', sentence }
  if ('none' in asked) return { state: 'done', sentence: `${sentence}; ${asked.none}` }
  const sha = shortCommit(asked.sha)
  if (commits.some((one) => namesCommit(one, asked.sha)))
    return { state: 'done', sentence: `${sentence}; of commit ${sha}, as asked for` }
  const moved = before != null && revision !== null && before !== revision
  const perhaps = moved ? ' (has the branch moved on? then it is in what is there now)' : ''
  return { state: 'waits', sentence: `${sentence}; commit ${sha}, which was asked for, is not there${perhaps}` }
}

const LONGEST = 1000
/** Controllers repeat whole manifests in their messages. */
const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text)
