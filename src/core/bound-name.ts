/** A name as the configuration has it, and whose it is said to be. */
export interface BoundName {
  /** A cluster's name or a project's id; null: nobody's in particular. */
  readonly owner: string | null
  readonly name: string
}

const projectId = /^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Tells whether a text has the form of an id that OpenStack gives, so that nobody can choose what has it. */
export const isId = (text: string): boolean => projectId.test(text)

/** Parses a configured name: `prod/bastion` is of cluster prod, `<project id>/bastion` of that project; without such a beginning it is a bare name. */
export function boundName(text: string, clusters: readonly string[]): BoundName {
  const slash = text.indexOf('/')
  const owner = text.slice(0, slash)
  if (slash < 1 || slash === text.length - 1 || !(clusters.includes(owner) || isId(owner)))
    return { owner: null, name: text }
  return { owner, name: text.slice(slash + 1) }
}
