import { openstackIn } from '../core/instance.ts'
import type { DoctorFinding } from './finding.ts'
import type { CheckedEntry, CheckTarget, Instance } from './target.ts'

/** Entries that Keystone accepts; what is wrong with the others is the finding of `credentials` alone. */
export async function authenticated({ entries }: Pick<CheckTarget, 'entries'>): Promise<readonly CheckedEntry[]> {
  const accepted = await Promise.all(
    entries.map((entry) =>
      entry.cloud.projectId().then(
        () => [entry],
        () => []
      )
    )
  )
  return accepted.flat()
}

/** The entry that an instance of a policy works through, where Keystone accepts it. */
export async function ownEntry({
  entries,
  settings
}: Instance<{ readonly cloud: string }>): Promise<CheckedEntry | null> {
  return (await authenticated({ entries })).find(({ name }) => name === settings.cloud) ?? null
}

/** Examines every instance of a policy; what is found of one that has its OpenStack in its name is told under that name. */
export async function each<Settings>(
  instances: readonly Instance<Settings>[],
  examine: (instance: Instance<Settings>) => Promise<readonly DoctorFinding[]>
): Promise<readonly DoctorFinding[]> {
  const found = await Promise.all(
    instances.map(async (instance) => {
      const named = openstackIn(instance.policy) === null ? '' : `${instance.policy}: `
      return (await examine(instance)).map((one) => ({ ...one, about: `${named}${one.about}` }))
    })
  )
  return found.flat()
}
