/** The replica of a product that is alone on its journal. */
export const soleReplica = 'product'

/**
 * Names a process in its claims: the replica that it is, which it is again after a restart, and this start of it. So a new start
 * tells the claims of those before it from its own and from other replicas'.
 */
export const claimOwner = (replica: string, start: string): string => `${replica}#${start}`

/** Tells whether an owner is this replica, in whatever start. */
export const isOfReplica = (owner: string, replica: string): boolean =>
  owner === replica || owner.startsWith(`${replica}#`)
