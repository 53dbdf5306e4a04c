import { webhookRoutes } from '../../handlers/webhook.ts'
import { gitlabSender } from '../../handlers/webhooks/gitlab.ts'
import { slackSender } from '../../handlers/webhooks/slack.ts'
import type { StartRole } from '../role.ts'

/** Starts role receive: webhooks are verified, journalled and answered; what was asked in Slack is carried out afterwards. */
export const startReceive: StartRole = async ({ live, take, slack: openSlack, log, metrics, now }) => {
  const slack = await openSlack()
  return {
    routes: (app, { refusals }) =>
      webhookRoutes(app, {
        senders: [gitlabSender({ secrets: () => live().config.gitlab.secrets }), slackSender(slack.parts)],
        receive: take,
        log,
        metrics,
        refusals,
        now
      }),
    // Not waited for: each answer may wait for a decision.
    run: () =>
      void slack
        .recover()
        .catch((error: Error) =>
          log.error({ err: error }, `questions of Slack could not be taken up: ${error.message}`)
        )
  }
}
