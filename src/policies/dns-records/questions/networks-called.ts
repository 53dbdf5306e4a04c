import type { Tools } from '../../shared/tools.ts'

/** What a name that is written without its owner means: one network, or why it means none. */
export type Called = { readonly id: string } | { readonly none: string }

const prefix = 'dns-records/networks/'

/**
 * Resolves bare names of networks: each means whatever alone was called so when it was first looked for. That stays, whoever calls theirs
 * so later.
 */
export async function networksCalled(
  names: readonly string[],
  tools: Pick<Tools, 'clusters' | 'networkNames' | 'journal'>
): Promise<Readonly<Record<string, Called>>> {
  if (names.length === 0) return {}
  const pins = new Map((await tools.journal.namePins(prefix)).map((one) => [one.key.slice(prefix.length), one]))
  const found: Record<string, Called> = {}
  for (const name of names) {
    const id = pins.get(name)?.id ?? null
    found[name] = id === null ? await lookUp(name, tools) : { id }
  }
  const told = names.map((name) => {
    const one = found[name]!
    return {
      key: `${prefix}${name}`,
      ...('id' in one ? { id: one.id, trouble: null } : { id: null, trouble: one.none })
    }
  })
  const known = ({ key, id, trouble }: (typeof told)[number]) => {
    const pin = pins.get(key.slice(prefix.length))
    return pin !== undefined && pin.id === id && pin.trouble === trouble
  }
  if (told.every(known)) return found
  // Who looked first has said what it is.
  const now = await tools.journal.pinNames(prefix, told)
  for (const { key, id } of now) {
    const name = key.slice(prefix.length)
    if (id !== null && found[name] !== undefined) found[name] = { id }
  }
  return found
}

/** A cluster that does not answer may have one as well: then it means nothing yet. */
async function lookUp(name: string, { clusters, networkNames }: Parameters<typeof networksCalled>[1]): Promise<Called> {
  const advice = `write <cluster>/${name}, or its id, in ptrNetworks`
  try {
    const lists = await Promise.all((await clusters()).map(networkNames))
    const ids = new Set(lists.flatMap((all) => [...all].flatMap(([id, one]) => (one.name === name ? id : []))))
    const [only] = ids
    if (only !== undefined && ids.size === 1) return { id: only }
    const what =
      ids.size === 0
        ? `no network is called ${name}`
        : `${ids.size} networks are called ${name} (${[...ids].sort().join(', ')})`
    return { none: `ptrNetworks: ${what}: this entry counts for nothing; ${advice}` }
  } catch (error) {
    const why = `not every cluster says which networks it has (${(error as Error).message})`
    return { none: `ptrNetworks: what ${name} means cannot be told: ${why}; ${advice}` }
  }
}
