import { createHmac } from 'node:crypto'

/** Signs the body of a call as Slack does, at this time in seconds since the epoch: returns the headers that it comes with. */
export const signedHeaders = (body: string, secret: string, seconds = Math.floor(Date.now() / 1000)) => ({
  'content-type': 'application/x-www-form-urlencoded',
  'x-slack-request-timestamp': String(seconds),
  'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex')}`
})
