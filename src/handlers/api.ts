import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Failure, failure } from '../errors.ts'
import { explain } from '../explain/chain.ts'
import { renderExplanation } from '../explain/render.ts'
import { actionView, decisionView, eventView } from '../explain/views.ts'
import type { Journal, Page } from '../store/journal.ts'
import { readPage, readText } from './page.ts'

const fail = (reply: FastifyReply, { status, message, code }: Failure): never => {
  throw reply.server.httpErrors.createError(status, message, { code })
}

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

export function apiRoutes(app: FastifyInstance, { journal, now }: { journal: Journal; now: () => number }): void {
  const list = <Row, View>(
    path: string,
    read: (page: Page) => Promise<readonly Row[]>,
    place: (row: Row) => number,
    view: (row: Row) => View
  ) =>
    app.get(path, (request, reply) => {
      const page = readPage(request.query as Record<string, unknown>, now())
      return page.ok ? paged(page.value, read, place, view) : fail(reply, page.failure)
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
    const read = readText(request.query as Record<string, unknown>, ['about', 'format', 'width'])
    if (!read.ok) return fail(reply, read.failure)
    const { about, format = 'json', width = '110' } = read.value
    if (about === undefined) {
      return fail(
        reply,
        failure(
          'BAD_PARAMETER',
          'about',
          'nothing',
          'is missing',
          'an event id or number, resource id, name or action id'
        )
      )
    }
    if (format !== 'json' && format !== 'text') {
      return fail(reply, failure('BAD_PARAMETER', 'format', JSON.stringify(format), 'is not known', 'json, text'))
    }
    if (!/^\d{2,4}$/.test(width) || Number(width) < 60) {
      return fail(
        reply,
        failure('BAD_PARAMETER', 'width', JSON.stringify(width), 'is out of range', 'a whole number from 60 to 9999')
      )
    }
    const explanation = await explain(journal, about)
    if (!explanation.found) return fail(reply, failure('NOTHING_FOUND', about, explanation.searched.join(', ')))
    return format === 'json'
      ? explanation
      : reply.type('text/plain; charset=utf-8').send(renderExplanation(explanation, Number(width)))
  })
}
