import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startDay } from '../../sim/day/day.ts'

t.test('faults over HTTP', async (t) => {
  const sim = await startSim({ seed: 1 })
  t.teardown(() => sim.close())
  const ask = (method: string, path: string, body?: unknown) =>
    fetch(sim.url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const added = await ask('POST', '/_sim/faults', {
    service: 'keystone',
    path: '^/v3/auth',
    status: 503,
    retryAfter: 7
  })
  t.match(await added.json(), { faults: [{ service: 'keystone', status: 503 }] })
  const hit = await ask('POST', '/identity/v3/auth/tokens', {})
  t.equal(hit.status, 503)
  t.equal(hit.headers.get('retry-after'), '7')
  t.equal((await ask('POST', '/identity/v3/auth/tokens', {})).status, 401, 'once')
  const wrong = await ask('POST', '/_sim/faults', { service: 'heat' })
  t.equal(wrong.status, 400)
  t.match(await wrong.json(), { message: /service is "heat"; allowed: keystone, nova/ })
  t.match(await (await ask('POST', '/_sim/faults', { service: 'nova', colour: 'red' })).json(), {
    message: /colour is not known; allowed: service/
  })
  await ask('POST', '/_sim/faults', { service: 'nova' })
  t.match(await (await ask('DELETE', '/_sim/faults')).json(), { faults: [] })
  const { requests } = (await (await ask('GET', '/_sim/requests')).json()) as { requests: { path: string }[] }
  t.same(
    requests.map(({ path }) => path),
    ['/v3/auth/tokens', '/v3/auth/tokens']
  )
})

t.test('discovery needs no token, everything else does', async (t) => {
  const sim = await startSim({ seed: 1 })
  t.teardown(() => sim.close())
  const status = async (path: string) => (await fetch(sim.url + path)).status
  for (const path of ['/identity/v3', '/identity/v3/', '/compute/', '/compute/v2.1/', '/network/', '/dns/'])
    t.equal(await status(path), 200, path)
  t.equal(await status('/identity'), 300)
  for (const path of ['/compute/v2.1/servers', '/network/v2.0/ports', '/dns/v2/zones', '/identity/v3/projects'])
    t.equal(await status(path), 401, path)
})

t.test('the same seed gives the same addresses, another one others', async (t) => {
  const addresses = async (seed: number) => {
    const sim = await startSim({ seed, bootMs: 1 })
    t.teardown(() => sim.close())
    return (await sim.operator.bootServer({ name: 'web' })).addresses
  }
  t.same(await addresses(5), await addresses(5))
  t.notSame(await addresses(5), await addresses(6))
})

t.test('a day has everything in it', async (t) => {
  const types = new Set<string>()
  const sim = await startSim({
    ...{ seed: 11, bootMs: 5, dnsMs: 5 },
    onNotification: ({ body }) => types.add(JSON.parse(JSON.parse(body.toString())['oslo.message']).event_type)
  })
  t.teardown(() => sim.close())
  const steps: string[] = []
  const stop = new AbortController()
  await startDay(sim, {
    paceMs: 1,
    signal: stop.signal,
    onStep: (step) => {
      steps.push(step)
      if (steps.length === 150) stop.abort()
    }
  })
  t.equal(steps[0], steps[0]?.match(/^dev boots /) ? steps[0] : 'dev boots …')
  for (const part of [
    /boots/,
    /deletes/,
    /renames/,
    /gets a floating IP/,
    /moves .* to/,
    /gives .* back/,
    /to dev-net2/,
    /by hand/,
    /stops/,
    /prod makes a volume/,
    /makes the load balancer/,
    /deletes the load balancer/
  ]) {
    t.ok(
      steps.some((step) => part.test(step)),
      String(part)
    )
  }
  t.same(
    steps.filter((step) => step.startsWith('that did not work')),
    []
  )
  t.ok(sim.state.servers.size <= 14, 'it does not grow for ever')
  for (const type of [
    'compute.instance.create.end',
    'compute.instance.delete.end',
    'floatingip.update.end',
    'floatingip.delete.end',
    'dns.recordset.create',
    'volume.create.end',
    'octavia.loadbalancer.create.end'
  ]) {
    t.ok(types.has(type), type)
  }
})

t.test('Glance says where its version is, or the openstack command lists no servers', async (t) => {
  const sim = await startSim({ seed: 1 })
  t.teardown(() => sim.close())
  const said = (await (await fetch(`${sim.url}/image/`)).json()) as { versions: { links: { href: string }[] }[] }
  t.match(said.versions[0]?.links[0]?.href, /^http:.*\/image\/v2\/$/)
})
