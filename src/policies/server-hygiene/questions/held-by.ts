import { resourceId } from '../../shared/resource-id.ts'
import type { Tools } from '../../shared/tools.ts'
import type { HygieneSubject } from '../subject.ts'

/** So many of the newest steps about an address are looked through. */
const most = 200

/**
 * Lists what other policies have to do with a floating IP, a sentence each: records that rest on it, findings about it, plans under way,
 * and steps on it that somebody could still undo.
 */
export async function heldBy(
  policy: string,
  { project, id }: Pick<HygieneSubject, 'project' | 'id'>,
  { journal }: Pick<Tools, 'journal'>
): Promise<readonly string[]> {
  // Each policy calls it after its own habit.
  const names = [resourceId('floatingip', project, id), `floating-ip/${project}/${id}`]
  const lanes = (await Promise.all(names.map((resource) => journal.lanes({ resource })))).flat()
  const others = [...new Map(lanes.map((lane) => [`${lane.policy} ${lane.key}`, lane])).values()].filter(
    (lane) => lane.policy !== policy
  )
  const ofLanes = await Promise.all(
    others.map(async ({ policy, key, pending, openDecision, held }) => {
      const [applied, findings] = await Promise.all([
        journal.applied({ policy, lane: key }),
        journal.breaches({ policy, lane: key, open: true, limit: 1 })
      ])
      return [
        ...applied.slice(0, 1).map(({ target }) => `${policy} holds ${target} for it`),
        ...findings.map(({ rule }) => `${policy} has found something about it (${rule})`),
        ...(pending > 0 || openDecision !== null || held !== null ? [`${policy} is about to look at ${key}`] : [])
      ]
    })
  )
  const pages = await Promise.all(names.map((resource) => journal.actions({ resource, limit: most })))
  const undoable = pages
    .flat()
    .filter((one) => one.policy !== policy && one.inverse !== null && (one.input as { id?: unknown } | null)?.id === id)
  return [
    ...ofLanes.flat(),
    ...undoable.slice(0, 1).map((one) => `${one.policy} did ${one.type} to it, which can still be undone (${one.id})`)
  ]
}
