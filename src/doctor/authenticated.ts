import type { Entry, Patient } from './patient.ts'

/** Entries that Keystone accepts; what is wrong with the others is the finding of `credentials` alone. */
export async function authenticated({ entries }: Patient): Promise<readonly Entry[]> {
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

/** The entry that writes DNS, where Keystone accepts it. */
export async function dnsEntry(patient: Patient): Promise<Entry | null> {
  return (await authenticated(patient)).find((entry) => entry.writesDns) ?? null
}
