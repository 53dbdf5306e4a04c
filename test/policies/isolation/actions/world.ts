import type { Test } from 'tap'
import type { SimOptions } from '../../../../sim/cloud.ts'
import type { Applied } from '../../../../src/core/action.ts'
import { type BuiltTools, buildTools, type CloudSource } from '../../../../src/process/tools.ts'
import { simCloud } from '../../../clients/sim-cloud.ts'
import { heldJournal, performing } from './performing.ts'

/** Tools for the clusters `dev` and `prod` and the entry `admin` of one cloud, and what performs actions with them. */
export function performingTools(t: Test, source: CloudSource) {
  const held = new Map<string, Applied>()
  const clusters = ['dev', 'prod'].map((name) => ({ name, cloud: name }))
  const built: BuiltTools = buildTools(clusters as never, ['admin'], source, heldJournal(held))
  if (!built.ok) throw new Error(built.problems.join('\n'))
  t.teardown(() => built.close())
  return { tools: built.tools, held, performing: performing(built.tools, held) }
}

/** A simulated cloud with the tools of its administrator. */
export async function isolationWorld(t: Test, options: SimOptions = {}) {
  const { sim, open } = await simCloud(t, options)
  return { sim, open, ...performingTools(t, { entries: sim.clouds.clouds }) }
}
