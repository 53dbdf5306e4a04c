import type { EnabledPolicy } from '../core/enabled-policy.ts'
import { askedOf, type Needs } from '../core/query.ts'
import { throwIfRefused } from '../core/work.ts'
import type { Tools } from '../policies/shared/tools.ts'
import type { RecordedAnswer } from '../store/recorded.ts'
import type { Parts } from './parts.ts'

/** Loads the answers to all of a policy's questions at once, as they are journalled with the decision. */
export async function answerAll(
  needs: Needs,
  parts: Parts,
  enabled: EnabledPolicy
): Promise<Readonly<Record<string, RecordedAnswer>>> {
  const { load } = parts
  const tools = toolsOf(enabled, parts)
  const answered = await Promise.all(
    askedOf(needs).map(async ([name, query]) => [name, { query, answer: await load(query, tools) }] as const)
  )
  throwIfRefused()
  return Object.fromEntries(answered)
}

/** Limits the tools to what a policy may see: the clusters of its own OpenStack, where it is bound to one. */
export const toolsOf = ({ openstack = null }: EnabledPolicy, { tools }: Parts): Tools =>
  openstack === null ? tools : tools.within(openstack)
