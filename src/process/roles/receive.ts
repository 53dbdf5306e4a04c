import { webhookRoutes } from '../../handlers/webhooks.ts'
import type { StartRole } from '../role.ts'

/** Role receive: webhooks are verified, journalled and answered; what was asked in Slack is worked afterwards. */
export const start: StartRole = async ({ live, take, slack: openSlack, log, metrics }) => {
  const slack = await openSlack()
  return {
    routes: webhookRoutes({
      gitlab: {
        secrets: () => live().config.gitlab.secrets,
        receive: async (batch) => void (await take('gitlab', batch)),
        log,
        metrics
      },
      slack: slack.parts
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
