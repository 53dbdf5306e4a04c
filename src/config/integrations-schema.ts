import { Type } from 'typebox'
import { closed } from './schema-parts.ts'

const text = (title: string) => Type.String({ minLength: 1, title })

/** A secret by reference; written down only where nothing else will do. */
const secret = Type.Union(
  [
    Type.String({ minLength: 8, title: 'the secret itself' }),
    Type.Object({ env: text('the name of an environment variable') }, closed),
    Type.Object({ file: text('the path of a file') }, closed)
  ],
  { title: '{ env: NAME } or { file: /path }' }
)

/** How a cluster's Kubernetes is reached. */
export const kubernetes = Type.Union(
  [
    Type.Object(
      { kubeconfig: text('the path of a kubeconfig'), context: Type.Optional(text('a context in it')) },
      closed
    ),
    Type.Object({ inCluster: Type.Literal(true, { title: 'true' }) }, closed)
  ],
  { title: '{ kubeconfig: /path, context: name } or { inCluster: true }' }
)

/** Which projects a secret may speak of. */
const projects = Type.Optional(
  Type.Array(
    Type.String({ pattern: '^[\\w.-]+(/[\\w.-]+)*/([\\w.-]+|\\*)$', title: 'group/project, or group/* for all in it' }),
    {
      minItems: 1,
      title: 'a list of projects'
    }
  )
)

/** GitLab's webhooks: which secrets they are signed with, several for rotation. */
export const gitlab = Type.Object(
  {
    secrets: Type.Array(
      Type.Union(
        [Type.Object({ token: secret, projects }, closed), Type.Object({ signing: secret, projects }, closed)],
        {
          title: '{ token: … } (X-Gitlab-Token) or { signing: … } (whsec_…, GitLab 19), perhaps with projects'
        }
      ),
      { default: [], title: 'a list of secrets' }
    ),
    api: Type.Optional(
      Type.Object({ url: text('the URL of GitLab, https://gitlab.example.org'), token: secret }, closed)
    ),
    users: Type.Record(Type.String(), text('the name of an actor'), {
      default: {},
      title: "actors by GitLab's user names"
    })
  },
  { ...closed, default: {} }
)

const slackUser = Type.Object(
  {
    actor: text('the name of an actor, as in tokens'),
    groups: Type.Array(text('a group'), { default: [], uniqueItems: true, title: 'a list of groups' })
  },
  closed
)

/** Slack: slash commands, buttons, and where approvals and outcomes are posted. */
export const slack = Type.Optional(
  Type.Object(
    {
      signingSecrets: Type.Array(secret, { minItems: 1, title: 'a list of signing secrets' }),
      botToken: Type.Optional(secret),
      team: Type.String({ pattern: '^T[A-Z0-9]+$', title: "the workspace's id, T…" }),
      channel: Type.Optional(Type.String({ pattern: '^[CG][A-Z0-9]+$', title: "a channel's id, C…" })),
      users: Type.Record(Type.String({ pattern: '^[UW][A-Z0-9]+$' }), slackUser, {
        ...closed,
        default: {},
        title: "people by Slack's user ids (U…), each with actor and groups"
      }),
      userGroups: Type.Record(
        Type.String({ pattern: '^S[A-Z0-9]+$' }),
        Type.Array(text('a group'), { minItems: 1, uniqueItems: true, title: 'a list of groups' }),
        { ...closed, default: {}, title: "groups by the ids of Slack's user groups (S…)" }
      ),
      apiUrl: Type.String({ default: 'https://slack.com/api/', title: 'the URL of the Web API' }),
      responseHosts: Type.Array(text('a host name'), { default: ['hooks.slack.com'], title: 'a list of host names' })
    },
    closed
  )
)
