import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { explain } from '../people/explain/chain.ts'
import { explainRange } from '../people/explain/range.ts'
import { renderExplanation } from '../people/explain/render.ts'
import { renderRange } from '../people/explain/render-range.ts'
import { actionView, decisionView, eventView } from '../people/explain/views.ts'
import { whenMs } from '../people/when.ts'
import type { Reading } from '../store/journal.ts'
import type { Page } from '../store/rows.ts'
import { asks } from './contract/validation.ts'
import { fail } from './refuse.ts'

/** `{items, next}`: one row more than asked for says whether there is a next page. */
async function paged<Row, View>(
  page: Page,
  read: (page: Page) => Promise<readonly Row[]>,
  place: (row: Row) => number,
  view: (row: Row) => View
): Promise<{ items: View[]; next: string | null }> {
  const rows = await read({ ...page, limit: page.limit + 1 })
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return { items: shown.map(view), next: rows.length > page.limit && last !== undefined ? String(place(last)) : null }
}

interface Filters {
  readonly resource?: string
  readonly project?: string
  readonly type?: string
  readonly since?: string
  readonly limit?: string
  readonly cursor?: string
}

/** Restores the "+" of a time's offset, which arrives as a space where the URL did not percent-encode it. */
const plusRestored = (time: string): string => time.replace(/ (?=\d\d:\d\d$)/, '+')

/** The page that a query asks for. */
function pageOf({ since, limit = '50', cursor, ...filters }: Filters, now: number): Page {
  const at = since === undefined ? undefined : whenMs(plusRestored(since), now)
  if (at === null) return notATime('since', since ?? '')
  return {
    limit: Number(limit),
    ...filters,
    ...(cursor === undefined ? {} : { before: Number(cursor) }),
    ...(at === undefined ? {} : { since: at })
  }
}

function notATime(name: string, value: string): never {
  const allowed = 'RFC 3339 such as 2026-11-23T12:00:00Z, or a duration such as 15m'
  return fail('BAD_PARAMETER', name, JSON.stringify(value), 'is not a time', allowed)
}

/** Registers the lists of what happened, and the explanation of anything. */
export function apiRoutes(app: FastifyInstance, { journal, now }: { journal: Reading; now: () => number }): void {
  const api = app.withTypeProvider<TypeBoxTypeProvider>()
  api.get('/api/v1/events', { schema: asks('GET /api/v1/events') }, ({ query }) =>
    paged(
      pageOf(query, now()),
      (page) => journal.events(page),
      (row) => row.seq,
      eventView
    )
  )
  api.get('/api/v1/decisions', { schema: asks('GET /api/v1/decisions') }, ({ query }) =>
    paged(
      pageOf(query, now()),
      (page) => journal.decisions(page),
      (row) => row.id,
      decisionView
    )
  )
  api.get('/api/v1/actions', { schema: asks('GET /api/v1/actions') }, ({ query }) =>
    paged(
      pageOf(query, now()),
      (page) => journal.actions(page),
      (row) => row.seq,
      actionView
    )
  )

  api.get('/api/v1/explain', { schema: asks('GET /api/v1/explain') }, async (request, reply) => {
    const { about, since, until, policy = null, format = 'json', width = '110' } = request.query
    if ((about === undefined) === (since === undefined)) {
      const what = 'an event id or number, resource id, name, action id, decision:812 or approval:7; or since=1h'
      const problem = about === undefined ? 'is missing' : 'does not go together with since'
      return fail('BAD_PARAMETER', 'about', about ?? 'nothing', problem, what)
    }
    const text = (body: string) => reply.type('text/plain; charset=utf-8').send(body)
    if (since !== undefined) {
      const [from, to] = [
        whenMs(plusRestored(since), now()),
        until === undefined ? null : whenMs(plusRestored(until), now())
      ]
      if (from === null || (until !== undefined && to === null)) {
        const [name, value] = from === null ? (['since', since] as const) : (['until', until ?? ''] as const)
        return notATime(name, value)
      }
      const range = await explainRange(journal, { since: from, until: to, policy })
      return format === 'json' ? range : text(renderRange(range, Number(width)))
    }
    const explanation = await explain(journal, about ?? '')
    if (!explanation.found) return fail('NOTHING_FOUND', about ?? '', explanation.searched.join(', '))
    return format === 'json' ? explanation : text(renderExplanation(explanation, Number(width)))
  })
}
