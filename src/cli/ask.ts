import { plain } from '../base/plain.ts'
import type { Answer } from '../people/answer.ts'
import type { Operations } from '../people/operations.ts'
import type { Context, ExitCode } from './command.ts'
import type { Place, Reached } from './place.ts'

type Question<T> = (operations: Operations) => Promise<Answer<T>>
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ExitCode }

/**
 * Asks the product that REFLEX_URL names, or the journal of this machine; after saying what is wrong, or why it was refused, how the
 * command ends.
 */
export const read = <T extends object>(context: Context, question: Question<T>): Promise<Read<T>> =>
  through(context, async (operations) => valueIn(context, await question(operations)))

/** Asks like `read`, and returns where it was done as well. */
export const ask = <T extends object>(context: Context, question: Question<T>): Promise<Reached<T>> =>
  through(context, async (operations, place) => {
    const answer = valueIn(context, await question(operations))
    return answer.ok ? { ...answer, place: await place() } : answer
  })

async function through<R>(
  context: Context,
  work: (operations: Operations, place: () => Promise<Place>) => Promise<R>
): Promise<R | { readonly ok: false; readonly code: ExitCode }> {
  const { REFLEX_URL = '' } = context.env
  if (REFLEX_URL !== '') return throughApi(REFLEX_URL, context, work)
  const { openLocal } = await import('./local.ts')
  const opened = await openLocal(context)
  if ('code' in opened) return { ok: false, code: opened.code }
  try {
    return await work(opened.operations, opened.place)
  } finally {
    await opened.close()
  }
}

async function throughApi<R>(
  server: string,
  { env, fetch, err }: Context,
  work: (operations: Operations, place: () => Promise<Place>) => Promise<R>
): Promise<R | { readonly ok: false; readonly code: ExitCode }> {
  const [{ serverAt, Unreachable }, { operationsOverHttp }] = await Promise.all([
    import('../people/over-http/ask.ts'),
    import('../people/over-http/operations.ts')
  ])
  const there = serverAt({ server, token: env.REFLEX_TOKEN ?? '', fetch })
  try {
    return await work(operationsOverHttp(there), async () => ({ server, installation: there.installation() }))
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    for (const line of error.lines) err(`${line}\n`)
    return { ok: false, code: 3 }
  }
}

function valueIn<T extends object>({ err }: Context, answer: Answer<T>): Read<T> {
  if (!answer.ok) {
    err(`${plain(answer.reason)}\n`)
    return { ok: false, code: 1 }
  }
  const { ok: _, ...value } = answer
  // Without `ok` it is what was answered.
  return { ok: true, value: value as unknown as T }
}
