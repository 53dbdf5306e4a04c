import type { ActionContext, Result } from '../../../core/action.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'

/** Input of `volume-type-access-remove` and `volume-type-access-add`. */
export type VolumeTypeAccessInput = { readonly cloud: string; readonly typeId: string; readonly projectId: string }

/** Takes a private volume type from a project; volumes that have it stay. */
export const volumeTypeAccessRemove: DefinedAction<VolumeTypeAccessInput, 'delete'> = defineAction({
  type: 'volume-type-access-remove',
  risk: 'delete',
  perform: (input, context) => allow(false, input, context)
})

/** Lets a project use a private volume type again. */
export const volumeTypeAccessAdd: DefinedAction<VolumeTypeAccessInput, 'create'> = defineAction({
  type: 'volume-type-access-add',
  risk: 'create',
  perform: (input, context) => allow(true, input, context)
})

async function allow(wanted: boolean, input: VolumeTypeAccessInput, context: ActionContext<Tools>): Promise<Result> {
  const { cloud, typeId, projectId } = input
  const { storage } = await context.tools.isolation(cloud)
  const { storage: doors } = await context.tools.remedies(cloud)
  const what = `project ${projectId}’s access to volume type ${typeId}`
  return change<readonly string[] | null>(context, {
    read: () => storage.typeAccess(typeId),
    is: (now) => now !== null && now.includes(projectId) === wanted,
    // Of a public type everybody has it: only making it private takes it away.
    objection: (now) => (now === null ? stale(`volume type ${typeId} is gone, or public by now`) : null),
    make: async (_, call) =>
      wanted ? doors.addTypeAccess(typeId, projectId, call) : doors.removeTypeAccess(typeId, projectId, call),
    meaning: ({ status, message }) => (status === 400 ? failed(`${what}: ${message}`) : null),
    already: `${what} was ${wanted ? 'there' : 'gone'} already`,
    done: wanted ? `${what} is there again` : `${what} is taken away`,
    inverse: () => (wanted ? volumeTypeAccessRemove.inverse(input) : volumeTypeAccessAdd.inverse(input))
  })
}
