import { defineQuestion } from '../../shared/define-question.ts'
import type { KnownSubject, ResourceKind } from '../subject.ts'
import { readOne } from './reading.ts'

/** A resource as it is now; `subject` null: there is none, for this reason. */
interface SubjectAnswer {
  /** ms since the epoch, when it was read: the policy's only clock. */
  readonly now: number
  readonly subject: KnownSubject | null
  readonly reason: string | null
}

interface Params {
  readonly policy: string
  readonly kind: ResourceKind
  readonly project: string
  readonly id: string
  readonly keep: string
}

/** Defines the question: what is this server, volume or floating IP now, and since when? */
export const hygieneSubjectQuestion = defineQuestion(
  'hygiene-subject',
  async ({ policy, kind, project, id, keep }: Params, tools): Promise<SubjectAnswer> => {
    const cluster = await tools.clusterOf(project)
    if (cluster === null) {
      const reason = `project ${project} is none of the configured clusters' (${tools.clusterNames.join(', ')})`
      return { now: tools.now(), subject: null, reason }
    }
    const subject = await readOne(kind, id, cluster, { policy, keep }, tools)
    const reason = subject === null ? `${kind} ${id} does not exist any more (404)` : null
    return { now: tools.now(), subject, reason }
  }
)
