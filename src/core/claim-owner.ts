/** The replica of a product that is alone on its journal. */
export const soleReplica = 'product'

/**
 * Names a process in its claims: the replica that it is, which it is again after a restart, and this start of it. So a new start
 * tells the claims of those before it from its own and from other replicas'.
 */
export const claimOwner = (replica: string, start: string): string => `${replica}#${start}`

const replicaOf = (owner: string): string => owner.split('#', 1)[0]!

/** Tells whether a claim's owner is the same replica in another start: nobody is there any more who would end the claim. */
export const isEarlierStart = (owner: string, of: string): boolean => owner !== of && replicaOf(owner) === replicaOf(of)
