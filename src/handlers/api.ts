import type { FastifyInstance } from 'fastify'
import { explain } from '../people/explain/chain.ts'
import { explainRange } from '../people/explain/range.ts'
import { renderExplanation } from '../people/explain/render.ts'
import { renderRange } from '../people/explain/render-range.ts'
import { actionView, decisionView, eventView } from '../people/explain/views.ts'
import type { Reading } from '../store/journal.ts'
import type { Page } from '../store/rows.ts'
import { readPage, readText, sinceMs } from './page.ts'
import { fail, read } from './refuse.ts'

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

export function apiRoutes(app: FastifyInstance, { journal, now }: { journal: Reading; now: () => number }): void {
  const list = <Row, View>(
    path: string,
    rows: (page: Page) => Promise<readonly Row[]>,
    place: (row: Row) => number,
    view: (row: Row) => View
  ) =>
    app.get(path, (request, reply) => {
      const page = readPage(request.query as Record<string, unknown>, now())
      return paged(read(reply, page), rows, place, view)
    })

  list(
    '/api/v1/events',
    (page) => journal.events(page),
    (row) => row.seq,
    eventView
  )
  list(
    '/api/v1/decisions',
    (page) => journal.decisions(page),
    (row) => row.id,
    decisionView
  )
  list(
    '/api/v1/actions',
    (page) => journal.actions(page),
    (row) => row.seq,
    actionView
  )

  app.get('/api/v1/explain', async (request, reply) => {
    const asked = readText(request.query as Record<string, unknown>, [
      'about',
      'format',
      'width',
      'since',
      'until',
      'policy'
    ])
    const { about, since, until, policy = null, format = 'json', width = '110' } = read(reply, asked)
    if ((about === undefined) === (since === undefined)) {
      const what = 'an event id or number, resource id, name, action id, decision:812 or approval:7; or since=1h'
      const problem = about === undefined ? 'is missing' : 'does not go together with since'
      return fail(reply, 'BAD_PARAMETER', 'about', about ?? 'nothing', problem, what)
    }
    if (format !== 'json' && format !== 'text') {
      return fail(reply, 'BAD_PARAMETER', 'format', JSON.stringify(format), 'is not known', 'json, text')
    }
    if (!/^\d{2,4}$/.test(width) || Number(width) < 60) {
      const allowed = 'a whole number from 60 to 9999'
      return fail(reply, 'BAD_PARAMETER', 'width', JSON.stringify(width), 'is out of range', allowed)
    }
    const text = (body: string) => reply.type('text/plain; charset=utf-8').send(body)
    if (since !== undefined) {
      const [from, to] = [sinceMs(since, now()), until === undefined ? null : sinceMs(until, now())]
      if (from === null || (until !== undefined && to === null)) {
        const [name, value] = from === null ? (['since', since] as const) : (['until', until ?? ''] as const)
        const allowed = 'RFC 3339 such as 2026-11-23T12:00:00Z, or a duration such as 15m'
        return fail(reply, 'BAD_PARAMETER', name, JSON.stringify(value), 'is not a time', allowed)
      }
      const range = await explainRange(journal, { since: from, until: to, policy })
      return format === 'json' ? range : text(renderRange(range, Number(width)))
    }
    const explanation = await explain(journal, about ?? '')
    if (!explanation.found) return fail(reply, 'NOTHING_FOUND', about ?? '', explanation.searched.join(', '))
    return format === 'json' ? explanation : text(renderExplanation(explanation, Number(width)))
  })
}
