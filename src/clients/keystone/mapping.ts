import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'

/** What the rules of a federation mapping give, cut down to projects, groups and roles. */
export interface MappingWall {
  readonly id: string
  readonly gives: readonly {
    readonly project: string | null
    readonly group: string | null
    readonly roles: readonly string[]
  }[]
  /** A project or group comes from what the identity provider says: `{0}`. */
  readonly fromClaims: boolean
}

/** Rules are an operator's own JSON: what is not of a known form gives nothing that could be told. */
export function parseMapping(answer: ServiceAnswer, raw: unknown, where: string): MappingWall {
  const mapping = fields(answer, raw, where)
  const gives: { project: string | null; group: string | null; roles: string[] }[] = []
  let fromClaims = false
  const claimed = (text: string) => /\{\d+\}/.test(text)

  function give(name: unknown, what: 'project' | 'group', roles: string[] = []) {
    if (typeof name !== 'string' || name === '') return
    if (claimed(name) || roles.some(claimed)) fromClaims = true
    if (!claimed(name))
      gives.push({ project: null, group: null, [what]: name, roles: roles.filter((one) => !claimed(one)) })
  }

  for (const local of mapping.list('rules').flatMap((rule) => list(tree(rule).local).map(tree))) {
    for (const one of list(local.projects).map(tree))
      give(
        one.name,
        'project',
        list(one.roles).flatMap((role) => text(tree(role).name))
      )
    const group = tree(local.group)
    give(group.id ?? group.name, 'group')
    // Lists of names, or a text of them; `group_ids` likewise.
    for (const many of [local.groups, local.group_ids])
      for (const name of typeof many === 'string' ? split(many) : list(many)) give(name, 'group')
  }
  return { id: mapping.text('id'), gives, fromClaims }
}

/** `"{0}"`, `"ops"`, or a list of Python's or JSON's in a text. */
function split(many: string): string[] {
  return many
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((one) => one.trim().replace(/^['"]|['"]$/g, ''))
}

function tree(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string[] {
  return typeof value === 'string' ? [value] : []
}
