import { Type } from 'typebox'
import { breachStates } from '../../policies/shared/findings.ts'
import { closedForm, form, maybe, oneOf, plainText, rowsTo500, wholeTo500 } from './asked.ts'
import { explanation, findingsSchema, isolationSchema, quotaSchema, range } from './reports.ts'
import { action, approval, approvalStates, decision, event, items, lane, page, stopSchema } from './views.ts'

const timeWords = 'RFC 3339 such as 2026-11-23T12:00:00Z, or a duration such as 15m'

const filters = closedForm({
  resource: maybe(plainText('id of a resource, e.g. of a server')),
  project: maybe(plainText('id of a project')),
  type: maybe(
    plainText("type of an event or action, or name of a decision's policy; a trailing * matches the beginning")
  ),
  since: maybe(plainText(timeWords)),
  limit: maybe(rowsTo500),
  cursor: maybe(form('^\\d{1,15}$', { problem: 'is not a cursor', allowed: '`next` of the page before' }))
})

/** How many of what is over are told as well. */
const historyTo500 = form('^(\\d{1,2}|[0-4]\\d\\d|500)$', {
  problem: 'is not understood',
  allowed: 'a whole number from 0 to 500'
})

/** Routes that only read. */
export const asking = {
  'GET /api/v1/events': {
    summary: 'What was received, ignored ones too, newest first',
    querystring: filters,
    answer: page(event)
  },
  'GET /api/v1/decisions': {
    summary: 'What was decided and why, newest first',
    querystring: filters,
    answer: page(decision)
  },
  'GET /api/v1/actions': {
    summary: 'What was done, with every attempt, newest first',
    querystring: filters,
    answer: page(action)
  },
  'GET /api/v1/explain': {
    summary: 'The chain around anything that has a name or number; or, with since, what happened within some time',
    querystring: closedForm({
      about: maybe(
        plainText('an event id or number, resource id, name, action id, decision:812 or approval:7; or since=1h')
      ),
      format: maybe(oneOf('json', 'text')),
      width: maybe(
        form('^([6-9]\\d|[1-9]\\d{2,3}|0[6-9]\\d|0[1-9]\\d\\d|00[6-9]\\d)$', {
          problem: 'is out of range',
          allowed: 'a whole number from 60 to 9999'
        })
      ),
      since: maybe(plainText(timeWords)),
      until: maybe(plainText(timeWords)),
      policy: maybe(plainText('a policy, with all of its instances, or one of them'))
    }),
    answer: Type.Union([explanation, range]),
    media: ['text/plain']
  },
  'GET /api/v1/stream': {
    summary: 'Server-sent events `event`, `decision`, `action` and `gap`, what is there now first',
    media: ['text/event-stream']
  },
  'GET /api/v1/approvals': {
    summary: 'Plans that people were asked about, newest first',
    querystring: closedForm({ state: maybe(oneOf(...approvalStates)), limit: maybe(wholeTo500) }),
    answer: items(approval)
  },
  'GET /api/v1/stops': {
    summary: 'What is stopped, by whom, since when and why, oldest first',
    answer: items(stopSchema)
  },
  'GET /api/v1/lanes': {
    summary: 'Lanes as they stand; parked after a failure, or held by the guard',
    querystring: closedForm({ parked: maybe(oneOf('true', 'false')), held: maybe(oneOf('true', 'false')) }),
    answer: items(lane)
  },
  'GET /api/v1/quota': {
    summary: 'Quotas as of the last look, what was asked for and moved',
    querystring: closedForm({}),
    answer: quotaSchema
  },
  'GET /api/v1/findings': {
    summary: 'What policies found and nobody has mended, as of the last decisions, and what is over',
    querystring: closedForm({
      policy: maybe(plainText('a policy, with all of its instances, or one of them')),
      history: maybe(historyTo500)
    }),
    answer: findingsSchema
  },
  'GET /api/v1/isolation': {
    summary: 'What crosses from cluster to cluster, as of the last decisions; with format=sarif a SARIF 2.1.0 log',
    querystring: closedForm({
      state: maybe(plainText(`${breachStates.join(', ')}; several with commas`)),
      history: maybe(historyTo500),
      format: maybe(Type.Enum(['json', 'sarif'], { description: 'json, sarif', 'x-problem': 'is not understood' }))
    }),
    answer: isolationSchema,
    media: ['application/sarif+json']
  }
}
