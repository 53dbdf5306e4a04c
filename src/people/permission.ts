import { noSuch } from '../base/nearest.ts'
import type { Actor } from '../core/approval.ts'
import { no } from './answer.ts'
import type { PeopleContext } from './context.ts'

/** Says why somebody may not change what is done; null: they may. */
export function mayNotOperate({ operate }: PeopleContext, { name, groups, local }: Actor) {
  if (local || operate.some((group) => groups.includes(group))) return null
  if (operate.length === 0)
    return no(
      'refused',
      `${name} may not: access.operate in reflex.yaml names no group, so nobody may; name one that ${name} is in`
    )
  const mine = groups.length === 0 ? 'no group' : groups.join(', ')
  return no('refused', `${name} is in ${mine}: this takes one of ${operate.join(', ')} (access.operate)`)
}

/** Says why a cluster cannot be meant; null: it can. */
export function unknownCluster({ tiers }: Pick<PeopleContext, 'tiers'>, cluster: string | null) {
  if (cluster === null || Object.hasOwn(tiers, cluster)) return null
  return no('unknown', noSuch('cluster', cluster, Object.keys(tiers)))
}
