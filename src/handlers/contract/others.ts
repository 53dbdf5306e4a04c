import { Type } from 'typebox'
import { anything, check, count, flag, items, orNull, text } from './views.ts'

/** Probes, pages, metrics and webhooks. */
export const others = {
  'GET /healthz': { summary: 'While the process runs', answer: Type.Object({ alive: Type.Literal(true) }) },
  'GET /readyz': {
    summary: 'Whether it is ready; any failure makes it 503',
    answer: Type.Object({
      ready: flag,
      build: Type.Optional(text),
      installId: Type.Optional(text),
      simulated: Type.Optional(flag),
      modes: Type.Optional(Type.Record(text, text)),
      waits: Type.Optional(orNull(Type.Object({ approvals: count, held: count, parked: count }))),
      checks: Type.Array(check)
    }),
    alsoOn: 503
  },
  'GET /': { summary: 'The page of what happens', media: ['text/html'] },
  'GET /quota': { summary: 'The page of quotas', media: ['text/html'] },
  'GET /isolation': { summary: 'The page of what crosses between clusters', media: ['text/html'] },
  'GET /metrics': { summary: 'Prometheus text', media: ['text/plain'] },
  'GET /api/v1/openapi.json': { summary: 'This document', answer: anything },
  'GET /api/v1/simulated-people': {
    summary: 'People of the simulated company, with tokens of this run',
    answer: items(Type.Object({ actor: text, groups: Type.Array(text), token: text }))
  },
  'POST /webhooks/gitlab': {
    summary: "GitLab's webhook, signed or with its secret token",
    takes: 'application/json',
    answer: Type.Object({ stored: Type.Array(text), ignored: Type.Array(text) })
  },
  'POST /slack/commands': {
    summary: "Slack's slash command, signed",
    takes: 'application/x-www-form-urlencoded',
    media: ['application/json']
  },
  'POST /slack/interactions': {
    summary: "Slack's buttons, signed",
    takes: 'application/x-www-form-urlencoded',
    media: ['application/json']
  }
}
