import type { Test } from 'tap'
import { type Sim, type SimOptions, startSim } from '../../sim/cloud.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import type { CloudEntry } from '../../src/clients/openstack/cloud-entry.ts'
import { parseCloud } from '../../src/clients/openstack/clouds.ts'
import { type ConnectOptions, connectCloud } from '../../src/clients/openstack/http.ts'

/** A simulated cloud that ends with the test, and a way to open its entries. */
export async function simCloud(t: Test, options: SimOptions = {}) {
  const sim: Sim = await startSim({ bootMs: 10, dnsMs: 10, seed: 1, ...options })
  t.teardown(() => sim.close())

  function entry(name: string, change: Partial<CloudEntry> = {}): CloudEntry {
    const loaded = parseCloud(name, sim.clouds.clouds[name], 'sim')
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    return { ...loaded.cloud, ...change }
  }

  function open(name: string, connect: ConnectOptions = {}, change: Partial<CloudEntry> = {}): Cloud {
    const cloud = connectCloud(entry(name, change), connect)
    t.teardown(() => cloud.close())
    return cloud
  }

  /** How often a service was asked, e.g. `asked('designate', 'POST')`. */
  const asked = (service: string, method: string) =>
    sim.requests.filter((request) => request.service === service && request.method === method).length

  return { sim, entry, open, asked }
}
