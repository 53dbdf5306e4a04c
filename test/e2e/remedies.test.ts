import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { createLog } from '../../src/base/log.ts'
import type { ActionRequest } from '../../src/core/action.ts'
import { guard } from '../../src/core/guard.ts'
import { hintEvent } from '../../src/core/hint.ts'
import { type Policy, planSteps as plan, skip } from '../../src/core/policy.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { act, decide } from '../../src/pipeline/pipeline.ts'
import { actions } from '../../src/policies/actions.ts'
import { load } from '../../src/policies/questions.ts'
import { buildTools } from '../../src/process/tools.ts'
import { openJournal } from '../../src/store/open.ts'

/** A policy that wants one step once; what it wants is the test's. */
function wanting(step: () => ActionRequest | null): Policy {
  return {
    ...{ name: 'wanting', kind: 'reconcile', settings: {} as never, actions: [], check: () => [] },
    ...{ quietMs: 0, maxMs: 0, lanes: () => ['lane'], needs: () => ({}), sweep: null },
    decide: () => {
      const one = step()
      return one === null ? skip('nothing is wanted') : plan('wanted', [one])
    }
  }
}

t.test(
  'a quarantine through the journal: written down first, survives a lost answer, undone from the journal',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'reflex-remedies-'))
    const sim = await startSim({ seed: 1, bootMs: 10 })
    const journal = await openJournal({ path: join(folder, 'journal.db') })
    const built = buildTools([], ['admin'], { entries: sim.clouds.clouds }, journal)
    if (!built.ok) throw new Error(built.problems.join())
    t.teardown(async () => {
      built.close()
      await sim.close()
      await journal.close()
      rmSync(folder, { recursive: true })
    })
    const { id, portIds } = await sim.operator.bootServer({ name: 'victim', network: 'dev-net' })
    const server = sim.state.servers.get(id)!
    const port = sim.state.ports.get(portIds[0]!)!
    const groups = port.securityGroups
    const target = `server/${id}`
    const base = { risk: 'update', cluster: null, target, scope: 'isolation/dev' } as const

    let wanted: ActionRequest | null = null
    const enabled = { policy: wanting(() => wanted), mode: 'enforce', clusters: {}, settings: {} } as const
    const parts: Parts = {
      ...{ journal, policies: [enabled] as unknown as Parts['policies'], actions, tools: built.tools, load },
      guard: guard({ clusters: {}, budgets: [], coolDowns: [] } as never, { wanting: enabled } as never),
      ...{ approvalMs: 1000, requestersOf: () => [], fourEyes: () => true, owner: randomUUID(), build: 'test' },
      ...{ installId: await journal.installId(), now: Date.now, random: Math.random },
      ...{ sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)), log: createLog({ level: 'fatal' }) },
      counted: () => {}
    }
    async function want(step: ActionRequest): Promise<void> {
      wanted = step
      const origin = {
        source: '/stackreflex/cli',
        type: 'stackreflex.hint',
        policy: 'wanting',
        now: Date.now()
      } as const
      const hint = { lane: 'lane', reason: 'asked', resources: [`server/dev/${id}`], wake: { quietMs: 0, maxMs: 0 } }
      await journal.append({ events: [hintEvent(hint as never, { id: randomUUID(), ...origin })], ignored: [] })
      while (!(await decide(parts))) await new Promise((resolve) => setTimeout(resolve, 5))
    }

    await want({
      ...base,
      type: 'server-quarantine',
      input: { cloud: 'admin', serverId: id, projectId: server.projectId }
    })
    t.equal(await act(parts), true)
    t.match(server, { locked: false, vmState: 'active' }, 'the first attempt changes nothing')
    const [row] = await journal.applied({ targets: [target] })
    t.match(row, { value: { kind: 'quarantine', status: 'ACTIVE', locked: false, ports: [{ id: port.id }] } })

    sim.faults.add({ service: 'neutron', method: 'PUT', path: '/ports/', reset: true, when: 'after' })
    const due = Date.now() + 90_000
    while (Date.now() < due && !(server.locked && server.vmState === 'stopped')) {
      await act(parts)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    while (await act(parts)) {}
    t.match(server, { locked: true, vmState: 'stopped' })
    t.not(port.securityGroups.join(), groups.join())

    const [action] = await journal.actions({ limit: 1 })
    t.match(action, { state: 'done', inverse: { type: 'server-release' } })
    await want({ ...base, ...action!.inverse! })
    while (!(await act(parts))) await new Promise((resolve) => setTimeout(resolve, 5))
    t.match(server, { locked: false, vmState: 'active' })
    t.same(port.securityGroups, groups)
    t.same(await journal.applied({ targets: [target] }), [], 'nothing is held any more')
  }
)
