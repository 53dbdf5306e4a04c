import { fields, malformed } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import type { Limits } from '../openstack/quota-service.ts'

// Unified name of a resource → Nova's name in quota sets.
const NAMES: Readonly<Record<string, string>> = {
  servers: 'instances',
  'class:VCPU': 'cores',
  'class:MEMORY_MB': 'ram',
  server_groups: 'server_groups',
  server_group_members: 'server_group_members',
  server_key_pairs: 'key_pairs',
  server_metadata_items: 'metadata_items'
}

/** Nova's limits in Keystone, under Nova's names. */
export interface KeystoneLimits {
  /** What holds for the project: its own limit, else the registered one. Nothing of resources that are not registered. */
  read(projectId: string, call?: CallOptions): Promise<Limits>
  /** Answers Keystone's id of the last changing call. */
  write(projectId: string, limits: Limits, call?: CallOptions): Promise<string | null>
}

/** One row of either list. `region` null: of all regions. */
interface Row {
  readonly id: string
  readonly service: string
  readonly region: string | null
  readonly name: string
  readonly limit: number
}

/** A limit to be, and the registered one that it belongs to. */
interface Wanted {
  readonly name: string
  readonly limit: number
  readonly row: Row
}

/** Makes the client of Keystone's unified limits. */
export function keystoneLimits(cloud: Cloud): KeystoneLimits {
  async function list(path: 'registered_limits' | 'limits', query: Record<string, string>, call?: CallOptions) {
    // To a token of a project Keystone shows the limits of that project only, whatever is asked for, and says so nowhere.
    const scope = path === 'limits' ? { scope: 'system' as const } : {}
    const answer = await cloud.request('identity', 'GET', `/${path}`, { ...call, ...scope, query })
    const body = fields(answer, answer.body, 'the answer')
    const links = body.value('links') as { next?: unknown } | null | undefined
    if (body.value('truncated') === true || typeof links?.next === 'string')
      throw malformed(answer, `${path} is not the whole list (list_limit in keystone.conf)`)
    return body.list(path).map((raw, index) => readRow(answer, raw, `${path}[${index}]`, path))
  }

  /** The registered limits that Nova goes by, by Nova's names: of its service, in our region, else of all regions. */
  async function registered(call?: CallOptions): Promise<{ where: string; rows: ReadonlyMap<string, Row> }> {
    const region = await cloud.region(call)
    const answer = await cloud.request('identity', 'GET', '/services', { ...call, query: { type: 'compute' } })
    const services = fields(answer, answer.body, 'the answer').list('services')
    const ids = services.map((one, index) => fields(answer, one, `services[${index}]`).text('id'))
    const rows = new Map<string, Row>()
    for (const id of ids) {
      const all = (await list('registered_limits', { service_id: id }, call)).filter((row) => row.service === id)
      for (const place of [region, null])
        for (const row of all) {
          const name = NAMES[row.name]
          if (name !== undefined && row.region === place && !rows.has(name)) rows.set(name, row)
        }
    }
    return { where: `service compute (${ids.join(', ') || 'which Keystone does not have'}) in region ${region}`, rows }
  }

  /** The project's own limits, by the registered limit that they belong to. */
  async function own(projectId: string, rows: ReadonlyMap<string, Row>, call?: CallOptions) {
    const listed = rows.size === 0 ? [] : await list('limits', { project_id: projectId }, call)
    return new Map(
      [...rows].flatMap(([name, { service, region, name: unified }]) => {
        const mine = listed.find((one) => one.service === service && one.region === region && one.name === unified)
        return mine === undefined ? [] : [[name, mine] as const]
      })
    )
  }

  function create(list: readonly Wanted[], projectId: string, call?: CallOptions): Promise<ServiceAnswer> {
    const limits = list.map(({ row, limit }) => {
      const place = row.region === null ? {} : { region_id: row.region }
      return {
        service_id: row.service,
        ...place,
        project_id: projectId,
        resource_name: row.name,
        resource_limit: limit
      }
    })
    return cloud.request('identity', 'POST', '/limits', { ...call, body: { limits } })
  }

  async function change(known: Row, one: Wanted, projectId: string, call?: CallOptions): Promise<ServiceAnswer> {
    const path = `/limits/${encodeURIComponent(known.id)}`
    const body = { limit: { resource_limit: one.limit } }
    const answer = await cloud.request('identity', 'PATCH', path, { ...call, body })
    const now = fields(answer, fields(answer, answer.body, 'the answer').value('limit'), 'limit').number(
      'resource_limit'
    )
    if (now === one.limit) return answer
    // A 0 is answered with 200 and not written. Until the new row is there the registered limit holds.
    await cloud.request('identity', 'DELETE', path, { ...call })
    try {
      // The other half of one change, at which nobody is asked: a stop in between would leave the project with neither limit.
      return await create([one], projectId, { ...call, before: undefined })
    } catch (error) {
      throw error instanceof OpenStackError ? half(error, [`the old limit of ${one.name} was deleted`]) : error
    }
  }

  return {
    read: async (projectId, call) => {
      const { rows } = await registered(call)
      const mine = await own(projectId, rows, call)
      return Object.fromEntries([...rows].map(([name, row]) => [name, (mine.get(name) ?? row).limit]))
    },
    write: async (projectId, limits, call) => {
      const { where, rows } = await registered(call)
      const missing = Object.keys(limits).filter((name) => !rows.has(name))
      if (missing.length > 0) throw notRegistered(cloud, where, missing)
      const mine = await own(projectId, rows, call)
      const wanted = Object.entries(limits).map(([name, limit]) => ({ name, limit, row: rows.get(name) as Row }))
      const added = wanted.filter(({ name }) => !mine.has(name))
      let requestId: string | null = null
      const done: string[] = []
      const step = async (names: string[], send: () => Promise<ServiceAnswer>) => {
        try {
          requestId = (await send()).requestId
          done.push(...names)
        } catch (error) {
          throw error instanceof OpenStackError && done.length > 0 ? half(error, done) : error
        }
      }
      for (const one of wanted) {
        const known = mine.get(one.name)
        if (known !== undefined && known.limit !== one.limit)
          await step([one.name], () => change(known, one, projectId, call))
      }
      if (added.length > 0)
        await step(
          added.map(({ name }) => name),
          () => create(added, projectId, call)
        )
      return requestId
    }
  }
}

function readRow(answer: ServiceAnswer, raw: unknown, where: string, path: 'registered_limits' | 'limits'): Row {
  const row = fields(answer, raw, where)
  return {
    id: row.text('id'),
    service: row.text('service_id'),
    region: row.textOrNull('region_id'),
    name: row.text('resource_name'),
    limit: row.number(path === 'limits' ? 'resource_limit' : 'default_limit')
  }
}

function notRegistered(cloud: Cloud, where: string, missing: readonly string[]): OpenStackError {
  const unified = missing.map((name) => Object.keys(NAMES).find((key) => NAMES[key] === name) ?? name)
  const message =
    `Nova answers 200 and changes nothing, as with unified limits; but ${where} has no registered limit ` +
    `${unified.map((name) => `'${name}'`).join(', ')} for ${missing.join(', ')}: register it first ` +
    '(openstack registered limit create --service … --region … --default-limit … <name>)'
  const facts = { cloud: cloud.name, service: 'identity', method: 'POST', path: '/limits' }
  return new OpenStackError(message, { ...facts, code: 'not_registered', retryable: false })
}

/** Limits are changed one by one: so much was done by then. */
function half(error: OpenStackError, done: readonly string[]): OpenStackError {
  const { cloud, service, method, path, status, code, retryable, retryAfterMs, requestId } = error
  const facts = { cloud, service, method, path, status, code, retryable, retryAfterMs, requestId, unknownOutcome: true }
  return new OpenStackError(`done: ${done.join(', ')}; then: ${error.message}`, facts, error)
}
