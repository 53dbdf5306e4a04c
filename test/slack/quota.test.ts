import t, { type Test } from 'tap'
import { skip } from '../../src/core/policy.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { quotaRebalance } from '../../src/policies/quota-rebalance/policy.ts'
import type { QuotaSettings } from '../../src/policies/quota-rebalance/settings.ts'
import { recorded } from '../contract/journal-facts.ts'
import { journalAt, office } from './office.ts'

const one = { capacity: 100, low: 4, high: 12, quantum: 1, projects: {} }
const settings: QuotaSettings = {
  cloud: 'admin',
  ...{ respect: '1h', coolDown: '10m', warn: '24h', over: '6h' },
  groups: {
    family: {
      projects: { prod: { priority: 2, weight: 1 }, dev: { priority: 1, weight: 1 } },
      resources: { cores: one },
      together: []
    }
  }
}

const policy = { policy: quotaRebalance, mode: 'enforce', clusters: {}, settings }

async function there(t: Test, context: Partial<OperationsContext> = {}, found: readonly string[] = []) {
  const { journal } = await journalAt(t)
  const sleep = async () => {
    const lane = await journal.claimLane('w', 10_000)
    if (lane !== null) await recorded(journal, lane, skip('family: nothing to move', { findings: found }), {})
    else await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const w = await office(t, {
    journal,
    context: {
      quotas: [{ policy: 'quota-rebalance', settings }],
      receive: (batch) => receive({ journal, policies: [policy] as never }, batch),
      ...context
    },
    desk: { sleep }
  })
  const ask = async (user: string, text: string) => {
    const before = w.slack.replies.length
    const { body } = await w.slack.say(user, text)
    await w.settled()
    const reply = w.slack.replies[before]
    // What is not understood is answered at once.
    return { text: reply?.text ?? body, all: JSON.stringify(reply?.body ?? body) }
  }
  return { ...w, ask, requests: () => journal.quotaRequests('quota-rebalance', 'group:family') }
}

t.test('how it stands, in narrow lines', async (t) => {
  const { ask, journal } = await there(t)
  await journal.sample([{ series: 'quota/admin/prod/cores', value: [40, 39] }])
  const told = await ask('UEVE', 'quota')
  t.match(told.text, /^Quotas, as of the last look/)
  t.match(told.all, /# used {3}\. free/)
  t.match(told.all, /cores +prod +#{23}\. +39 +40 +1 +SHORT/)
  t.notMatch(told.all, /LOW-HIGH/)
  const dev = await ask('UEVE', 'quota dev')
  t.match(dev.all, /cores +dev +\?/)
  t.notMatch(dev.all, /prod/)
  t.match(await ask('UEVE', 'quota qa'), { text: /qa is in no group; clusters with shared quotas are: prod, dev/ })
})

t.test('asks, and gives back, by those who may', async (t) => {
  const waits = 'request 1: prod waits for 16 cores of 16 cores: nobody has more'
  const { ask, requests } = await there(t, { operate: ['sre'] }, [waits])
  t.match(await ask('UEVE', 'quota request prod cores +16'), { text: /eve is in no group: this takes one of sre/ })
  t.same(await requests(), [])
  const told = await ask('UALICE', 'quota request prod cores +16 for 4h a launch')
  t.match(told.text, /^request 1 \(16 cores for prod\): decided \(decision \d+\): nothing of it can be moved now/)
  t.match(told.all, /prod waits for 16 cores/)
  t.match(told.all, /'\/reflex quota release 1' takes back|reflex quota release 1/)
  t.match(await requests(), [{ by: 'alice', amount: 16, reason: 'a launch' }])
  t.match((await ask('UEVE', 'quota')).all, /request 1 by alice: prod cores \+16, until/)
  t.match(await ask('UALICE', 'quota release 1'), { text: /^request 1 \(its end\): decided/ })
  t.match(await ask('UALICE', 'quota release 1'), { text: /request 1 was over at/ })
})

t.test('what is absurd is refused, what takes much is asked back, and what has no end says so', async (t) => {
  const { ask, journal, requests } = await there(t)
  for (const [cluster, limit, used] of [
    ['prod', 40, 39],
    ['dev', 60, 10]
  ] as const)
    await journal.sample([{ series: `quota/admin/${cluster}/cores`, value: [limit, used] }])
  t.match(await ask('UALICE', 'quota request prod cores +100000'), {
    text: /can never be given to prod: at most 56 more/
  })
  t.match(await ask('UALICE', 'quota request prod cores +40'), { text: /40 of the 60 cores of dev \(67 %\).* --yes/ })
  t.same(await requests(), [])
  const told = await ask('UALICE', 'quota request `prod` *cores* +40 —yes')
  t.match(told, { text: /^request 1 \(40 cores for prod, for good\): /, all: /no time was said, so it is for good/ })
  t.match(await requests(), [{ amount: 40, by: 'alice', until: null }])
})

t.test('what is not understood, and what is not there', async (t) => {
  const { ask } = await there(t)
  t.match(await ask('UALICE', 'quota request prod cores lots'), { text: /'lots' is no amount: a whole number/ })
  t.match(await ask('UALICE', 'quota request prod port +1'), { text: /port is not shared with prod/ })
  t.match(await ask('UALICE', 'help'), { all: /quota \[cluster \| request/ })
  const none = await there(t, { quotas: [] })
  t.match(await none.ask('UALICE', 'quota'), { text: /quota-rebalance is not configured/ })
  t.match(await none.ask('UALICE', 'quota request prod cores +1'), { text: /configure quota-rebalance/ })
})
