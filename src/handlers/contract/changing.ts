import { Type } from 'typebox'
import { mostAsked } from '../../policies/quota-rebalance/view/words.ts'
import { closedForm, form, maybe, oneOf, plainText, reason } from './asked.ts'
import { approval, count, decision, numberForm, orNull, stopSchema, textForm, timeForm } from './views.ts'

const byNumber = closedForm({ id: form('^\\d{1,15}$', { problem: 'is not a number', allowed: 'a whole number' }) })
const onlyReason = closedForm({ reason })
const voted = Type.Object({ approval, missing: count, decision: orNull(decision) })
const asked = Type.Object({ request: count, lane: textForm, until: orNull(timeForm), decision: orNull(decision) })

/** Routes by which people change something. */
export const changing = {
  'POST /api/v1/approvals/:id/approve': {
    summary: 'Approves a plan; the lane is decided anew before it goes',
    params: byNumber,
    body: onlyReason,
    answer: voted
  },
  'POST /api/v1/approvals/:id/reject': {
    summary: 'Rejects a plan',
    params: byNumber,
    body: onlyReason,
    answer: voted
  },
  'POST /api/v1/stops': {
    summary: 'Stops changes on one cluster, or everywhere',
    body: closedForm({ cluster: maybe(plainText('the name of a cluster; left out: everything')), reason }),
    answer: Type.Object({
      stop: count,
      cluster: orNull(textForm),
      memory: Type.Optional(textForm),
      others: Type.Array(stopSchema)
    })
  },
  'POST /api/v1/resume': {
    summary: 'Lifts one stop, by its number or its cluster',
    body: closedForm({
      cluster: maybe(plainText('the name of a cluster')),
      stop: maybe(form('^\\d{1,15}$', { problem: 'is not a number', allowed: 'a whole number, as text' })),
      reason
    }),
    answer: Type.Object({
      stop: count,
      cluster: orNull(textForm),
      lifted: stopSchema,
      lanes: count,
      left: Type.Array(stopSchema)
    })
  },
  'POST /api/v1/accept': {
    summary: 'Answers for a journal that may not be the one that was here, or for a clock that jumped',
    body: closedForm({ what: oneOf('journal', 'clock'), reason }),
    answer: Type.Object({ accepted: Type.Enum(['journal', 'clock']) })
  },
  'POST /api/v1/actions/:id/undo': {
    summary: 'Asks to take an action back',
    params: closedForm({ id: plainText('the id of an action') }),
    body: onlyReason,
    answer: Type.Object({ policy: textForm, lane: textForm, decision: orNull(decision) })
  },
  'POST /api/v1/decisions/:id/again': {
    summary: 'Has a lane decided again',
    params: byNumber,
    body: onlyReason,
    answer: Type.Object({ policy: textForm, lane: textForm, before: decision, decision: orNull(decision) })
  },
  'POST /api/v1/restarts': {
    summary: 'Asks for the restart of a service',
    body: closedForm({
      service: plainText('the name of one'),
      cluster: maybe(plainText('the name of a cluster; left out: wherever it is placed')),
      reason
    }),
    answer: Type.Object({ event: numberForm, decisions: Type.Array(decision) })
  },
  'POST /api/v1/lanes/unpark': {
    summary: 'Lets a lane that was set aside after a failure go on',
    body: closedForm({ lane: plainText('the name of a lane'), reason }),
    answer: Type.Object({ policy: textForm, lane: textForm })
  },
  'POST /api/v1/quota/requests': {
    summary: 'Asks for quota, for some time or for good',
    body: closedForm({
      cluster: plainText('the name of a cluster'),
      resource: plainText('the name of a quota such as cores'),
      amount: form('^[1-9]\\d{0,8}$', {
        problem: 'is not understood',
        allowed: `a whole number from 1 to ${mostAsked}, as text`
      }),
      for: maybe(plainText('a duration such as 30m, 4h or 2d; left out: for good')),
      reason,
      confirm: maybe(Type.Enum(['yes'], { description: 'yes, or leave it out', 'x-problem': 'is not understood' }))
    }),
    answer: asked
  },
  'POST /api/v1/quota/requests/:id/release': {
    summary: 'Gives quota back before its time',
    params: byNumber,
    body: onlyReason,
    answer: asked
  }
}
