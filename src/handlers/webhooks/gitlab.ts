import { type GitlabSecret, speaksOf } from '../../config/gitlab-secret.ts'
import { normaliseGitlab } from '../../events/gitlab.ts'
import { defineSender, journalled, NotAuthentic } from '../webhook-sender.ts'
import { signedWith, verifyHeaders, wrongSignature } from './gitlab-verify.ts'

/** GitLab's own limit on what it sends, and a little. */
export const mostBytes = 26_214_400 + 65_536

/** What GitLab's webhook needs: its settings as of now and the policies that hear of events. */
export interface GitlabParts {
  /** Several while one is being replaced; asked at each delivery, since a configuration may be read anew. */
  readonly secrets: () => readonly GitlabSecret[]
  /** Host to name as the source where a payload names no project. */
  readonly instance?: string
}

/** Defines the sender of `POST /webhooks/gitlab`. GitLab turns a webhook off after four failures. */
export const gitlabSender = ({ secrets, instance = 'gitlab' }: GitlabParts) =>
  defineSender({
    name: 'gitlab',
    title: 'GitLab',
    setting: 'gitlab.secrets',
    limits: {
      biggest: mostBytes,
      // Three of the biggest, and small ones beside them.
      together: 96 * 1_048_576,
      // So long GitLab waits for an answer.
      withinMs: 10_000
    },
    settings: () => {
      const known = [...secrets()]
      return known.length === 0 ? null : known
    },
    verifyHeaders,
    verify({ headers, body }, secrets) {
      const known = signedWith(headers, body, secrets)
      return known.length === 0 ? { ok: false, reason: wrongSignature } : { ok: true, known }
    },
    routes: {
      '/webhooks/gitlab': {
        normalise(delivery, { known, now }) {
          const batch = normaliseGitlab(delivery, { instance, now })
          if (!batch.ok) return batch
          const other = batch.events
            .flatMap(({ data }) => (data.kind === 'gitlab' ? [data.project] : []))
            .find((project) => !known.some((secret) => speaksOf(secret, project)))
          if (other === undefined) return batch
          throw new NotAuthentic(
            `its secret is not for project ${other}: see projects of gitlab.secrets in reflex.yaml`
          )
        }
      }
    },
    respond: journalled
  })
