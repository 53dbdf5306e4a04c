import type { Trust } from '../../../clients/keystone/identity.ts'
import type { ReadOne } from './reading.ts'
import type { TrustSubject } from './subjects.ts'

/** Builds the subject of a trust. */
export function trustSubject(trust: Trust): TrustSubject {
  return { kind: 'trust', name: '', ...trust }
}

/** Reads one trust; null where it is gone. */
export const readTrust: ReadOne = async (id, { clients: { identity } }) => {
  const trust = await identity.getTrust(id)
  return trust === null ? null : trustSubject(trust)
}
