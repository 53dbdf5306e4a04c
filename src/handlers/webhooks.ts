import type { Routes } from './app.ts'
import { type GitlabParts, gitlabRoutes } from './gitlab.ts'
import { type SlackParts, slackRoutes } from './slack.ts'

/** Every sender of webhooks; one that is left out has no route. */
export interface WebhookParts {
  readonly gitlab?: GitlabParts
  readonly slack?: SlackParts
}

/** Makes the routes of role receive: a webhook for each sender. */
export const webhookRoutes =
  ({ gitlab, slack }: WebhookParts): Routes =>
  (app, { refusals }) => {
    if (gitlab !== undefined) gitlabRoutes(app, { ...gitlab, refusals })
    if (slack !== undefined) slackRoutes(app, { ...slack, refusals })
  }
