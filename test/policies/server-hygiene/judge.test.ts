import t from 'tap'
import { judgeIdle } from '../../../src/policies/server-hygiene/judge.ts'
import type { HygieneSettings } from '../../../src/policies/server-hygiene/settings.ts'
import type { KnownSubject } from '../../../src/policies/server-hygiene/subject.ts'
import { day, now, settings, subject } from './subjects.ts'

const neverReleased = settings({ floatingIps: { unattached: '7d', release: 'never' } })
const on = (mode: 'observe' | 'approve' | 'enforce', tier: 'bursty' | 'change-controlled' = 'bursty') =>
  settings({ placed: { dev: { mode, tier } } })
const server = (more: Partial<KnownSubject>) =>
  subject({ kind: 'server', id: 's1', name: 'web-1', revision: null, ...more })
const volume = (more: Partial<KnownSubject> = {}) =>
  subject({ kind: 'volume', id: 'v1', name: 'data', revision: null, ...more })

const cases: readonly {
  readonly what: string
  readonly of: KnownSubject
  readonly by?: HygieneSettings
  /** State and rule of what is told; null: nothing is; undefined: nobody knows. */
  readonly told: readonly [state: string, rule: string] | null | undefined
  readonly release?: true
  /** When it is looked at again, from now. */
  readonly againMs?: number
  readonly because?: RegExp
}[] = [
  { what: 'a server that runs', of: server({ state: 'used' }), told: null },
  {
    what: 'a server in ERROR since yesterday',
    of: server({ state: 'error', changedAt: now - day }),
    told: ['open', 'server-error']
  },
  {
    what: 'a server in ERROR for an hour',
    of: server({ state: 'error', changedAt: now - day / 24 }),
    told: null,
    againMs: (23 * day) / 24
  },
  {
    what: 'a server in SHUTOFF for a month',
    of: server({ state: 'shutoff', changedAt: now - 31 * day }),
    told: ['open', 'server-shutoff']
  },
  {
    what: 'a server in SHUTOFF for a week',
    of: server({ state: 'shutoff', changedAt: now - 7 * day }),
    told: null,
    againMs: 23 * day
  },
  {
    what: 'one whose service does not say since when counts from when it was seen',
    of: server({ state: 'error', changedAt: null, seenSince: now - day / 2 }),
    told: null,
    againMs: day / 2
  },
  {
    what: 'never means never',
    of: server({ state: 'error' }),
    by: settings({ servers: { error: 'never', shutoff: '30d' } }),
    told: null
  },
  {
    what: 'a server of a cell that does not answer',
    of: server({ state: 'unknown', doubt: 'its cell does not answer' }),
    told: undefined
  },
  {
    what: 'a kept server',
    of: server({ state: 'shutoff', keptBy: 'its metadata' }),
    told: ['exempt', 'server-shutoff'],
    because: /its metadata/
  },
  { what: 'a volume on nothing', of: volume(), told: ['open', 'volume-unattached'] },
  { what: 'a volume is never released', of: volume({ createdAt: 0 }), told: ['open', 'volume-unattached'] },
  {
    what: 'an exempt volume',
    of: volume(),
    by: settings({ exempt: ['v1'] }),
    told: ['exempt', 'volume-unattached'],
    because: /settings\.exempt/
  },
  {
    what: 'a floating IP on nothing, where nothing is released',
    of: subject(),
    by: neverReleased,
    told: ['open', 'floating-ip-unattached']
  },
  { what: 'one on nothing for long enough', of: subject(), told: ['closing', 'floating-ip-unattached'], release: true },
  { what: 'one on a port', of: subject({ state: 'used' }), told: null },
  {
    what: 'one that is told, and not yet released',
    of: subject({ changedAt: now - 10 * day }),
    told: ['noticed', 'floating-ip-unattached'],
    againMs: 4 * day,
    because: /unless somebody keeps it/
  },
  {
    what: 'one that we have not seen for long enough ourselves',
    of: subject({ seenSince: now - day }),
    told: ['noticed', 'floating-ip-unattached'],
    againMs: 13 * day
  },
  {
    what: 'one that was made a moment ago, whatever else is said of it',
    of: subject({ createdAt: now - day }),
    told: ['noticed', 'floating-ip-unattached'],
    againMs: 13 * day
  },
  {
    what: 'one whose times Neutron does not say',
    of: subject({ changedAt: null }),
    told: ['open', 'floating-ip-unattached'],
    because: /does not say/
  },
  {
    what: 'one whose birth Neutron does not say',
    of: subject({ createdAt: null }),
    told: ['open', 'floating-ip-unattached']
  },
  {
    what: 'one whose revision Neutron does not say',
    of: subject({ revision: null }),
    told: ['open', 'floating-ip-unattached']
  },
  {
    what: 'one that changed in what is still to come',
    of: subject({ changedAt: now + day }),
    told: null,
    againMs: 8 * day
  },
  {
    what: 'one that its people keep',
    of: subject({ keptBy: 'one of its tags' }),
    told: ['exempt', 'floating-ip-unattached'],
    because: /one of its tags/
  },
  {
    what: 'one that is exempt',
    of: subject(),
    by: settings({ exempt: ['f1'] }),
    told: ['exempt', 'floating-ip-unattached']
  },
  {
    what: 'one that another policy uses',
    of: subject({ heldBy: ['dns-records holds a PTR for it'] }),
    told: ['open', 'floating-ip-unattached'],
    because: /dns-records holds a PTR/
  },
  {
    what: 'one of which nobody knows',
    of: subject({ state: 'unknown', doubt: 'Neutron leaves port_id of it empty' }),
    told: undefined
  },
  {
    what: 'on observe it would be released',
    of: subject(),
    by: on('observe'),
    told: ['open', 'floating-ip-unattached'],
    release: true,
    because: /would be released/
  },
  {
    what: 'on approve people are asked',
    of: subject(),
    by: on('approve'),
    told: ['closing', 'floating-ip-unattached'],
    release: true,
    because: /approved/
  },
  {
    what: 'on a change-controlled cluster people are asked',
    of: subject(),
    by: on('enforce', 'change-controlled'),
    told: ['closing', 'floating-ip-unattached'],
    release: true,
    because: /approved/
  }
]

for (const { what, of, by = settings(), told, release = false, againMs, because = /./ } of cases)
  t.test(what, async (t) => {
    const judged = judgeIdle(of, by, now)
    t.strictSame(judged.breach && [judged.breach.state, judged.breach.rule], told)
    t.equal(judged.release, release)
    t.equal(judged.againAt, againMs === undefined ? null : now + againMs)
    t.match(judged.reason, because)
    t.match(judged.reason, of.name)
  })
