/** What follows the policy's own name in that of an instance: `dns-records@berlin` is `dns-records` in the OpenStack `berlin`. */
const mark = '@'

/** Returns the policy that an instance is one of: `dns-records` for `dns-records@berlin`, and for `dns-records` itself. */
export const policyIn = (name: string): string => name.split(mark, 1)[0]!

/** Returns the OpenStack that the name of an instance says; null: it has none in its name. */
export const openstackIn = (name: string): string | null =>
  name.includes(mark) ? name.slice(name.indexOf(mark) + 1) : null

/** Returns the name of a policy's instance in an OpenStack. */
export const instanceName = (policy: string, openstack: string): string => `${policy}${mark}${openstack}`

/** Tells whether `named`, in a window or a limit, means this policy: by its own name, or by that of the policy it is an instance of. */
export const meansPolicy = (named: string, name: string): boolean => named === name || named === policyIn(name)

/** Qualifies a name where two OpenStacks may have it: unchanged for a policy without an OpenStack in its name, else with that in front. */
export const nameWithin = (policy: string, name: string): string => {
  const openstack = openstackIn(policy)
  return openstack === null ? name : `${openstack}/${name}`
}

interface Named {
  readonly name: string
  as?(name: string): Named
}

/** Returns the policy of this name, made where it is an instance of one that may have several; undefined: there is none. */
export function policyNamed<One extends Named>(policies: readonly One[], name: string): One | undefined {
  const found = policies.find((one) => one.name === name)
  if (found !== undefined || openstackIn(name) === null) return found
  return policies.find((one) => one.name === policyIn(name))?.as?.(name) as One | undefined
}
