import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { main } from '../../src/cli/cli.ts'
import type { Context } from '../../src/cli/command.ts'
import type { ActionRequest } from '../../src/core/action.ts'
import { guard } from '../../src/core/guard.ts'
import { planSteps, skip } from '../../src/core/policy.ts'
import type { ClaimedAction } from '../../src/store/claims.ts'
import type { Journal } from '../../src/store/journal.ts'
import { openJournal } from '../../src/store/open.ts'
import type { Recorded } from '../../src/store/recorded.ts'
import { cloudsFile } from '../clients/openstack/clouds-entry.ts'
import { changed, event, recorded, route, step } from '../contract/journal-facts.ts'

const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: null } as const
const limits = guard(
  { clusters: { dev: calm, prod: calm }, budgets: [], coolDowns: [] },
  {
    p: { mode: 'approve', clusters: {} },
    q: { mode: 'enforce', clusters: {} },
    undo: { mode: 'enforce', clusters: {} },
    'workload-actions': { mode: 'enforce', clusters: {} }
  }
)

/** `me` is who runs the tests. */
export const me = `local:${process.getuid?.()}`

export const on = (cluster: string, target: string): ActionRequest => ({ ...step(target), cluster })

/** A directory with a configuration and its journal, and a product that decides what it is told to. */
export async function product(t: Test, config = '') {
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-commands-'))
  writeFileSync(
    join(cwd, 'reflex.yaml'),
    `clusters:
  dev: { cloud: dev, tier: bursty }
  prod: { cloud: prod, tier: change-controlled }
journal: { path: j.db }
${config}`
  )
  writeFileSync(join(cwd, 'clouds.yaml'), cloudsFile(['dev', 'prod']))
  const open = () => openJournal({ path: join(cwd, 'j.db') })
  const journal: Journal = await open()
  t.teardown(() => journal.close())

  /** Wakes a lane of a policy and decides it: p needs approvals, q does not. */
  async function plan(lane: string, steps: readonly ActionRequest[], policy = 'p'): Promise<Recorded> {
    await journal.append({ events: [route(event(`${lane}-${Math.random()}`), lane, { policy })], ignored: [] })
    const [first] = await decideDue(steps)
    if (first === undefined) throw new Error(`${lane} was not due`)
    return first
  }

  /** Decides whatever is due to these steps, as a running product would. */
  async function decideDue(steps: readonly ActionRequest[]): Promise<readonly Recorded[]> {
    const all: Recorded[] = []
    for (let lane = await journal.claimLane('w', 10_000); lane !== null; lane = await journal.claimLane('w', 10_000)) {
      const decision = steps.length === 0 ? skip('nothing to do any more') : planSteps('it is missing', steps)
      const actionIds = steps.map((_, n) => `${lane?.key}-${lane?.throughSeq}-${n}`)
      const mode = lane.policy === 'p' ? 'approve' : 'enforce'
      const one = await recorded(journal, lane, decision, { mode, actionIds, now: Date.now() }, limits)
      if (one !== null) all.push(one)
    }
    return all
  }

  /** Carries the next step out; its inverse is `unsay`. */
  async function carryOut(): Promise<ClaimedAction> {
    const claim = await journal.claimAction('w', 10_000, limits)
    if (claim?.verdict !== 'proceed') throw new Error(`no step is due: ${JSON.stringify(claim)}`)
    const inverse = { type: 'unsay', risk: 'delete', input: {} }
    await journal.recordAttempt(claim.action, { ...changed(claim.action.target), inverse } as never, null)
    return claim.action
  }

  async function park(lane: string, reason: string): Promise<void> {
    await journal.append({ events: [route(event(`${lane}-${Math.random()}`), lane, { policy: 'q' })], ignored: [] })
    const claim = await journal.claimLane('w', 10_000)
    if (claim?.key !== lane) throw new Error(`${lane} was not due`)
    await journal.parkLane(claim, reason, 'build')
  }

  return {
    cwd,
    journal,
    plan,
    decideDue,
    carryOut,
    park,
    /** One command line here; a product decides to `then` while it waits, undefined: none runs. */
    run: (
      line: readonly string[],
      then?: readonly ActionRequest[],
      env: Context['env'] = {},
      more: Partial<Context> = {}
    ) =>
      said(line, {
        cwd,
        env,
        openJournal: open,
        sleep: async () => {
          if (then !== undefined) await decideDue(then)
        },
        ...more
      })
  }
}

/** What a command line says. */
export async function said(line: readonly string[], more: Partial<Context>) {
  const texts = { out: '', err: '' }
  const code = await main(line, {
    env: {},
    cwd: '/nowhere',
    out: (text) => {
      texts.out += text
    },
    err: (text) => {
      texts.err += text
    },
    openJournal: async () => null,
    fetch,
    sleep: async () => {},
    ...more
  })
  return { code, ...texts }
}
