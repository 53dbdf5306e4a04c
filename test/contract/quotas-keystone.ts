import type { Test } from 'tap'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import type { QuotaBench } from './quotas.ts'

interface Registered {
  readonly id: string
}

/** Unified limits in Keystone, whether or not Nova goes by them: of a resource that nobody knows. */
export async function keystoneLimitContract(t: Test, bench: QuotaBench): Promise<void> {
  const { admin, projectId, refusal, tag } = bench
  const region_id = await admin.region()
  const service_id = await computeService(admin)
  const row = { service_id, region_id, resource_name: tag }
  const register = () =>
    admin.request('identity', 'POST', '/registered_limits', {
      body: { registered_limits: [{ ...row, default_limit: 7 }] }
    })
  const create = (change: object = {}) =>
    admin.request('identity', 'POST', '/limits', {
      body: { limits: [{ ...row, project_id: projectId, resource_limit: 3, ...change }] }
    })
  const noOther = { status: 403, code: 'Forbidden', retryable: false }
  t.match(await refusal(create()), noOther, 'a limit needs a registered one')

  const { registered_limits: registered } = (await register()).body as { registered_limits: [Registered] }
  const remove = (path: string) => admin.request('identity', 'DELETE', path)
  t.teardown(() => remove(`/registered_limits/${registered[0].id}`).catch(() => {}))
  t.match(await refusal(register()), { status: 409, code: 'Conflict' })
  t.match(await refusal(create({ region_id: undefined })), noOther, 'and of the same region')

  const { limits } = (await create()).body as { limits: [Registered] }
  const path = `/limits/${limits[0].id}`
  t.teardown(() => remove(path).catch(() => {}))
  t.match(await refusal(create()), { status: 409, code: 'Conflict' }, 'a second one is a conflict')

  const query = { project_id: projectId, resource_name: tag }
  const list = async (scope?: 'system') => {
    const answer = await admin.request('identity', 'GET', '/limits', { query, ...(scope ? { scope } : {}) })
    return (answer.body as { limits: unknown[] }).limits
  }
  t.same(await list(), [], 'a token of one project sees no limit of another: an empty list, and no error')
  t.match(await list('system'), [{ ...row, id: limits[0].id, project_id: projectId, resource_limit: 3 }])
  t.equal((await refusal(bench.dev.request('identity', 'GET', '/limits', { scope: 'system' }))).code, 'authentication')

  const patch = (resource_limit: number, at = path) =>
    admin.request('identity', 'PATCH', at, { body: { limit: { resource_limit } } })
  t.match((await patch(-1)).body, { limit: { resource_limit: -1 } }, '-1 is a limit like any other')
  const zero = ((await patch(0)).body as { limit: { resource_limit: number } }).limit.resource_limit
  t.match(
    await list('system'),
    [{ resource_limit: zero }],
    `a PATCH to 0 may do nothing, and its answer says so: ${zero}`
  )
  t.match(await refusal(patch(-2)), { status: 400 })
  t.match(await refusal(patch(1, '/limits/nobody')), { status: 404 })
  t.match(await refusal(remove(`/registered_limits/${registered[0].id}`)), noOther, 'while limits hang on it')
  await remove(path)
  await remove(`/registered_limits/${registered[0].id}`)
}

/** Keystone's id of Nova. */
export async function computeService(admin: Cloud): Promise<string> {
  const answer = await admin.request('identity', 'GET', '/services', { query: { type: 'compute' } })
  const { services } = answer.body as { services: { id: string }[] }
  if (!services[0] || services.length > 1) throw new Error(`${services.length} services of the type compute`)
  return services[0].id
}
