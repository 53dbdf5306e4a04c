import { DatabaseSync } from 'node:sqlite'
import { openJournal } from '../src/store/open.ts'

/** What a journal for measuring has; the rest follows from these. */
export interface Sizes {
  readonly events: number
  readonly lanes: number
}

const DAYS = 30
const PROJECTS = 300
/** Every so many events are one decision, and of those every so many are carried out. */
const EVENTS_EACH_DECISION = 4
const DECISIONS_EACH_ACTION = 8
/** Every so many events a person did something. */
const EVENTS_EACH_PERSON = 20_000

/** Of each ten events: what a cloud with some hundred projects tells, and our own hints. */
const types = [
  ['compute.instance.update', '/openstack/bench/RegionOne/nova'],
  ['compute.instance.update', '/openstack/bench/RegionOne/nova'],
  ['compute.instance.update', '/openstack/bench/RegionOne/nova'],
  ['compute.instance.create.end', '/openstack/bench/RegionOne/nova'],
  ['compute.instance.delete.end', '/openstack/bench/RegionOne/nova'],
  ['port.update.end', '/openstack/bench/RegionOne/neutron'],
  ['floatingip.update.end', '/openstack/bench/RegionOne/neutron'],
  ['security_group_rule.create.end', '/openstack/bench/RegionOne/neutron'],
  ['stackreflex.hint', '/stackreflex/decide'],
  ['stackreflex.hint', '/stackreflex/decide']
] as const

const uuid = (n: string) =>
  `printf('%08x-%04x-4%03x-8%03x-%012x', (${n} * 2654435761) % 4294967291, ${n} % 65521, ${n} % 4093, ${n} % 4091, ${n} * 40503)`

/** Subjects and names follow from a number, so that a question can be asked about one. */
export const serverOf = (n: number): string =>
  `${((n * 2654435761) % 4294967291).toString(16).padStart(8, '0')}-${(n % 65521).toString(16).padStart(4, '0')}-4${(n % 4093).toString(16).padStart(3, '0')}-8${(n % 4091).toString(16).padStart(3, '0')}-${(n * 40503).toString(16).padStart(12, '0')}`

/** A journal of this size in a new file at `path`, written as one transaction; `now` is when the newest event came. */
export async function writeJournal(path: string, { events, lanes }: Sizes, now: number): Promise<void> {
  await (await openJournal({ path })).close()
  const db = new DatabaseSync(path)
  const each = Math.floor((DAYS * 86_400_000) / events)
  const laneOf = (n: string) => `(1 + ((${n} - 1) / ${EVENTS_EACH_DECISION}) % ${lanes})`
  const begin = now - each * events
  const data = JSON.stringify({
    kind: 'server',
    name: 'web-1',
    oldName: null,
    state: 'active',
    image: serverOf(7),
    flavor: 'm1.large',
    addresses: [{ network: 'internal', address: '10.20.30.40', version: 4, mac: 'fa:16:3e:00:11:22', kind: 'fixed' }]
  })
  const hint = JSON.stringify({
    kind: 'hint',
    policy: 'dns-records',
    lane: 'name:web-1.dev.example.',
    reason: 'differs',
    resources: []
  })
  const person = JSON.stringify({
    kind: 'person',
    did: 'approve',
    about: '7',
    actor: 'olga',
    groups: [],
    reason: null,
    local: true
  })
  db.exec('pragma synchronous = off; pragma cache_size = -200000; pragma temp_store = memory; begin immediate')
  // An index is made several times as fast when all rows are there.
  const indexes = db.prepare(`select name, sql from sqlite_schema where type = 'index' and sql is not null`).all() as {
    name: string
    sql: string
  }[]
  for (const { name } of indexes) db.exec(`drop index ${name}`)
  db.exec(`
    create temp table kind (n integer primary key, type text, source text);
    insert into kind values ${types.map(([type, source], n) => `(${n}, '${type}', '${source}')`).join(', ')};
    create temp table n (n integer primary key);
    insert into n with recursive s(n) as (select 1 union all select n + 1 from s where n < ${events}) select n from s;

    insert into lane (id, policy, key, head, last)
      select n, case n % 4 when 0 then 'isolation' else 'dns-records' end,
        case n % 2 when 0 then 'server/p' || (n % ${PROJECTS}) || '/' || ${uuid('n')} else 'name:web-' || n || '.p' || (n % ${PROJECTS}) || '.example.' end,
        ${events}, ${events}
      from n where n <= ${lanes};

    insert into event (seq, at, id, received, source, type, subject, project, request_id, global_request_id, data, ignored, note)
      select n.n, (${begin} + n.n * ${each}) * 1000,
        case when kind.n >= 8 then 'hint-' || (${laneOf('n.n')}) || '-' || (n.n / ${lanes}) || '-' || n.n || '#0' else ${uuid('n.n')} || '/' || kind.type || '#0' end,
        ${begin} + n.n * ${each}, source, type, ${uuid(laneOf('n.n'))}, 'p' || (${laneOf('n.n')} % ${PROJECTS}),
        case when kind.n < 8 then 'req-' || ${uuid('(n.n + 3)')} end, null,
        case when kind.n >= 8 then '${hint}' when n.n % 5 = 0 then null else '${data}' end,
        case when kind.n < 8 and n.n % 5 = 0 then 'nobody asks about it' end, null
      from n join kind on kind.n = (n.n * 7 + n.n / 10) % 10;

    update event set source = '/stackreflex/people', type = 'stackreflex.' || case (seq / ${EVENTS_EACH_PERSON}) % 3 when 0 then 'approve' when 1 then 'stop' else 'resume' end,
      subject = 'everything', data = '${person}', ignored = null where seq % ${EVENTS_EACH_PERSON} = 0;

    insert into lane_event (lane, seq) select ${laneOf('seq')}, seq from event where ignored is null and seq % 2 = 0;
    insert into concern (resource, lane, seq) select ${uuid('n')}, n, ${events} from n where n <= ${lanes};
    insert into answer values ('a1', '{"addresses":["10.20.30.40"],"state":"active"}'), ('s1', '{"zone":"example."}');

    insert into decision (id, lane, at, mode, outcome, reason, findings, generation, after_seq, through_seq, resources, plan, hints, answers, settings, build)
      select n / ${EVENTS_EACH_DECISION}, ${laneOf('n')}, ${begin} + n * ${each} + 60, 'enforce',
        case (n / ${EVENTS_EACH_DECISION}) % ${DECISIONS_EACH_ACTION} when 0 then 'act' else 'skip' end,
        'the records are as they should be', '["web-1 has 10.20.30.40"]', n / ${lanes}, max(0, n - ${EVENTS_EACH_DECISION * lanes}), n, '["' || ${uuid(laneOf('n'))} || '"]',
        '[]', '[]', '{"server":{"query":{"kind":"resource","id":"x"},"sha256":"a1"}}', 's1', 'bench'
      from n where n % ${EVENTS_EACH_DECISION} = 0;
    insert into decision_answer select id, 'a1' from decision;

    insert into action (id, decision, ordinal, lane, type, risk, target, scope, input, request_id, state, due, attempt, created, finished)
      select 'act-' || ${uuid('id')}, id, 0, lane, 'recordset-set', 'update', 'web-' || lane || '.example. A', 'example.', '{"records":["10.20.30.40"]}',
        'req-' || ${uuid('(id + 11)')}, 'done', 0, 1, at, at + 200
      from decision where outcome = 'act';
    insert into attempt (action, n, started, ended, outcome, note) select seq, 1, created, finished, 'changed', 'set' from action;
    insert into applied (target, lane, scope, value) select 'web-' || n || '.example. A', n, 'example.', '["10.20.30.40"]' from n where n <= ${lanes} and n % 2 = 1;
    insert into breach (lane, rule, detail, layer, severity, resource, name, from_cluster, to_cluster, summary, evidence, state, because, since, first, last, ended)
      select n, 'crossing', 'd' || n, 'network', 'high', ${uuid('n')}, 'sg-' || n, 'dev', 'prod', 'a rule lets dev into prod', '{}', 'told', 'observe', ${now}, 1, 1,
        case n % 400 when 0 then null else ${now} end
      from n where n <= ${lanes} and n % 200 = 0;
  `)
  for (const { sql } of indexes) db.exec(sql)
  db.exec('commit; pragma wal_checkpoint(truncate)')
  db.close()
}
