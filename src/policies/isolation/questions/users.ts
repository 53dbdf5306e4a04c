import type { IsolationClients } from '../../../clients/cloud/isolation.ts'

/**
 * Finds the ids of the users behind ids, names, and `name@domain`; a bare name is of `domainId`, or of any domain where that is null. A
 * name may hold an `@` itself: the whole is looked for first.
 */
export async function findUsers(
  names: readonly string[],
  domainId: string | null,
  clients: IsolationClients,
  where: string,
  unresolved: string[]
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => findUser(name, domainId, clients)))
  for (const [n, ids] of found.entries())
    if (ids.length !== 1)
      unresolved.push(`${where}: ${ids.length === 0 ? 'no user is' : 'several users are'} called ${names[n]}`)
  return found.filter((ids) => ids.length === 1).flat()
}

/** Finds the ids of all users that a text may mean, as `findUsers` reads it. */
export async function findUser(
  name: string,
  domainId: string | null,
  clients: IsolationClients
): Promise<readonly string[]> {
  const { identity, detail } = clients
  if (/^[0-9a-f]{32}([0-9a-f]{32})?$/.test(name)) {
    const user = await detail(`user ${name}`, () => identity.getUser(name))
    if (user !== null) return [user.id]
  }
  const whole = await identity.listUsers({ name, ...(domainId === null ? {} : { domainId }) })
  const at = name.lastIndexOf('@')
  if (whole.length > 0 || at < 1) return whole.map((user) => user.id)
  const domain = name.slice(at + 1)
  const domains = await identity.listDomains(domain)
  const ids = domains.length > 0 ? domains.map((one) => one.id) : [domain]
  const users = await Promise.all(ids.map((id) => identity.listUsers({ name: name.slice(0, at), domainId: id })))
  return users.flat().map((user) => user.id)
}
