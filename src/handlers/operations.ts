import type { FastifyRequest } from 'fastify'
import { changesOnJournal, type Following } from '../people/on-journal/changes.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import { questionsOnJournal } from '../people/on-journal/questions.ts'
import type { Changes, Questions } from '../people/operations.ts'
import { actorOf } from './refuse.ts'

/** So long an answer waits for the lane to be decided anew; what comes later is in the journal. */
const patienceMs = 10_000

/** The operations of a route's caller; made anew with each request, since a configuration may be read anew. */
export interface RouteOperations {
  questions(): Questions
  changes(request: FastifyRequest): Changes
}

/** Makes the operations of a route's caller, by the configuration that is in force then. */
export const routeOperations = (
  context: () => OperationsContext,
  following: Omit<Following, 'withinMs'>
): RouteOperations => ({
  questions: () => questionsOnJournal(context()),
  changes: (request) => changesOnJournal(context(), actorOf(request), { ...following, withinMs: patienceMs })
})
