/**
 * The migrations, oldest first; `meta.schema` says how many have run. Append only: a released one never changes.
 *
 * Indexes on random values (ids) are what makes ingest slow, so an event has none on its id alone: it is unique by its own
 * time and id, and times arrive nearly in order; it is found by its id in blocks of seqs.
 */
export const migrations: readonly string[] = [
  `
  create table event (
    seq integer primary key,
    at integer not null,                -- µs, the message's own time
    id text not null,
    received integer not null,          -- ms, our clock; grows with seq
    source text not null,
    type text not null,
    subject text,
    project text,
    request_id text,
    global_request_id text,
    data text,                          -- null: ignored, or pruned
    ignored text,                       -- why it was not made an event
    note text,                          -- why it woke no lane, or not all
    unique (at, id)
  );
  create index event_subject on event (subject) where subject is not null;
  create index event_project on event (project) where project is not null;

  -- A cursor over the events of one (policy, key): decided up to head, pending behind it.
  create table lane (
    id integer primary key,
    policy text not null,
    key text not null,
    head integer not null default 0,    -- seq of the last decided event
    last integer not null default 0,    -- seq of the newest event
    seen integer not null default 0,    -- last, when it was claimed
    pending integer not null default 0,
    since integer,                      -- ms, when the first undecided event was received
    due integer,                        -- ms; null while nothing is pending
    quiet integer not null default 0,
    max integer not null default 0,
    retry integer not null default 0,   -- ms; not before, after a failure
    lease integer not null default 0,
    owner text,
    parked text,                        -- why it is set aside
    waiting text,                       -- why it was postponed, or what stopped its last plan
    tries integer not null default 0,
    generation integer not null default 0,
    open integer,                       -- the decision whose plan is not finished
    unique (policy, key)
  );
  create index lane_due on lane (due, head) where pending > 0 and parked is null and open is null;
  create index lane_leased on lane (lease) where owner is not null;
  create index lane_open on lane (open) where open is not null;
  create index lane_parked on lane (id) where parked is not null;

  create table lane_event (
    lane integer not null,
    seq integer not null,
    primary key (lane, seq)
  ) without rowid;
  create index lane_event_seq on lane_event (seq);

  -- What a lane is about; seq = the newest event that said so, so that a decision replaces only what it has seen.
  create table concern (
    resource text not null,
    lane integer not null,
    seq integer not null,
    primary key (resource, lane)
  ) without rowid;
  create index concern_lane on concern (lane);

  create table decision (
    id integer primary key autoincrement,
    lane integer not null,
    at integer not null,
    mode text,                          -- null: deciding itself failed
    outcome text not null,
    reason text not null,
    findings text not null,
    generation integer not null,
    after_seq integer not null,         -- its events: those of the lane behind this …
    through_seq integer not null,       -- … up to this
    resources text not null,
    plan text not null,
    hints text not null,
    answers text not null,
    settings text not null,             -- sha-256, as the answers
    build text not null
  );
  create index decision_lane on decision (lane, through_seq);

  create table answer (sha256 text primary key, body text not null) without rowid;
  create table decision_answer (
    decision integer not null,
    sha256 text not null,
    primary key (decision, sha256)
  ) without rowid;
  create index decision_answer_sha256 on decision_answer (sha256);

  create table action (
    seq integer primary key autoincrement,
    id text not null unique,
    decision integer not null,
    ordinal integer not null,
    lane integer not null,
    type text not null,
    risk text not null,
    target text not null,
    scope text not null,
    input text not null,
    request_id text not null,
    state text not null,
    reason text,
    due integer not null,               -- ready: not before; claimed: when the lease is over
    owner text,
    attempt integer not null default 0,
    created integer not null,
    finished integer
  );
  create index action_due on action (due, seq) where state in ('ready', 'claimed');
  create index action_claimed on action (target) where state = 'claimed';
  create index action_request_id on action (request_id);
  create index action_decision on action (decision, ordinal);

  create table attempt (
    action integer not null,
    n integer not null,
    started integer not null,
    ended integer,
    outcome text,                       -- null: not known (the process died, or is still at it)
    note text,
    called integer not null default 1,  -- 0: certain that nothing was changed by it
    answered text,                      -- the service's own id of its changing call
    primary key (action, n)
  ) without rowid;
  create index attempt_answered on attempt (answered) where answered is not null;

  -- Deletes, from when they were claimed: what the guard counts.
  create table budget (
    action integer primary key,
    scope text not null,
    target text not null,
    at integer not null
  );
  create index budget_scope on budget (scope, at);

  create table applied (
    target text primary key,
    lane integer not null,
    scope text not null,
    value text not null
  ) without rowid;
  create index applied_lane on applied (lane);
  create index applied_scope on applied (scope);

  create table drift (
    id integer primary key,
    policy text not null,
    key text not null,
    reason text not null,
    seen integer not null,
    event_exists integer not null,
    subjects text not null,
    class text                          -- null: not yet classified
  );
  create unique index drift_open on drift (policy, key) where class is null;
  create table tally (name text primary key, n integer not null) without rowid;
  `,
  `
  alter table lane add column held text;           -- the rule that keeps it from acting
  alter table lane add column held_until integer;  -- ms; null: until a person acts
  create index lane_held on lane (held_until) where held is not null;

  alter table decision add column given text not null default '[]'; -- the resources that the lane was about before
  alter table decision add column verdict text;    -- the guard's preview
  alter table decision add column hash text;       -- of the plan
  alter table decision add column approval integer;
  alter table decision add column requesters text not null default '[]';

  alter table action add column cluster text;
  alter table action add column population integer;
  alter table action add column holder integer;    -- the lane that holds the target
  alter table action add column pin_ms integer;
  alter table action add column inverse text;
  create index action_cluster on action (cluster) where state = 'claimed';

  -- Steps, from when they were claimed: what the guard counts.
  drop table budget;
  create table budget (
    action integer primary key,
    at integer not null,
    decision integer not null,
    policy text not null,
    cluster text,
    type text not null,
    risk text not null,
    scope text not null,
    target text not null
  );
  create index budget_scope on budget (scope, at);
  create index budget_at on budget (at);
  create index budget_target on budget (target, at);

  create table stop (
    cluster text primary key,                      -- '' : everything
    at integer not null,
    by text not null,
    reason text not null
  ) without rowid;

  create table pin (
    target text primary key,
    until integer not null,
    reason text not null,
    action text not null
  ) without rowid;

  create table approval (
    id integer primary key autoincrement,
    lane integer not null,
    hash text not null,
    state text not null,
    reason text,
    decision integer not null,                     -- that asked first
    latest integer not null,                       -- that came to the same plan last
    requested integer not null,
    expires integer not null,
    requesters text not null,
    clusters text not null,
    summary text not null,
    plan text not null,
    used_by integer
  );
  create index approval_lane on approval (lane, id);
  create index approval_open on approval (id) where state = 'open';
  create table vote (
    approval integer not null,
    actor text not null,
    verdict text not null,
    at integer not null,
    reason text,
    primary key (approval, actor)
  ) without rowid;
  `,
  `
  alter table event add column user_id text;         -- who made the call
  alter table lane add column again integer;         -- ms; decided again then, though nothing happens
  create index lane_again on lane (again) where again is not null;

  -- Measurements: what a series was, from its first to its last reading.
  create table sample (
    series text not null,
    at integer not null,
    until integer not null,
    value text not null,
    primary key (series, at)
  ) without rowid;

  -- Quota that people asked for.
  create table quota_request (
    id integer primary key autoincrement,
    policy text not null,
    lane text not null,
    cluster text not null,
    resource text not null,
    amount integer not null,
    until integer,                                 -- ms; null: lasting
    by text not null,
    at integer not null,
    reason text
  );
  create index quota_request_lane on quota_request (policy, lane);

  -- What must not be and is (or was), by the lane that found it.
  create table breach (
    id integer primary key autoincrement,
    lane integer not null,
    rule text not null,
    detail text not null,
    layer text not null,
    severity text not null,
    resource text not null,
    name text not null,
    from_cluster text not null,
    to_cluster text not null,
    summary text not null,
    evidence text not null,
    state text not null,
    because text not null,
    since integer not null,                        -- ms, when it was first decided on
    first integer not null,                        -- the decision that found it
    last integer not null,                         -- the newest that still did
    user_id text,                                  -- who made it, as far as an event said
    request_id text,
    ended integer                                  -- ms; null: it is there
  );
  create unique index breach_open on breach (lane, rule, detail) where ended is null;
  create index breach_ended on breach (ended) where ended is not null;
  `,
  `
  -- Stops of several people stand beside each other, each lifted by itself.
  create table standing_stop (
    id integer primary key autoincrement,
    cluster text not null,                         -- '' : everything
    at integer not null,
    by text not null,
    reason text not null
  );
  insert into standing_stop (cluster, at, by, reason) select cluster, at, by, reason from stop order by at;
  drop table stop;
  alter table standing_stop rename to stop;

  -- What Keystone called who made the call, then.
  alter table event add column user_name text;
  alter table breach add column user_name text;
  `,
  `
  -- What a name of the configuration was first found to be, so that nobody takes its place by a name.
  create table name_pin (
    key text primary key,                          -- whose setting, and the name as it is written there
    id text,                                       -- null: it was never found, or never only one
    at integer,                                    -- ms, when it was
    trouble text                                   -- why it counts for nothing now
  ) without rowid;
  `,
  `
  -- What the sender said where that was no time to go by (over a year from now); at is then when it was received.
  alter table event add column said text;
  create index event_said on event (id) where said is not null;
  -- Times of earlier versions that no reader can take: the row of one stopped every lane.
  update or ignore event
  set said = coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000000, 'unixepoch'), at || ' microseconds since 1970'),
    at = received * 1000
  where at > 9007199254740991 or at < -9007199254740991;
  `,
  `
  -- What a webhook of GitLab tells, by which the next one that tells it is known: with the data they go when it is pruned.
  alter table event add column happening text;
  alter table event add column moved_to text;    -- of a push: the commit that the branch then pointed to
  update event set happening = json_extract(data, '$.happening'), moved_to = json_extract(data, '$.moved.to')
  where source >= '/gitlab/' and source < '/gitlab0' and data is not null and json_valid(data)
    and json_extract(data, '$.kind') = 'gitlab';
  create index event_happening on event (happening, subject, source) where happening is not null;
  create index event_moved_to on event (moved_to, subject, source) where moved_to is not null;
  create index event_delivery on event (id, subject, source) where source >= '/gitlab/' and source < '/gitlab0';
  `,
  `
  -- What people ask for by type, by id or by name; see docs/decisions/0025 for what each costs an append.
  create index event_type on event (type);
  -- Ids are random: sorted within each 4,096 events only, an append touches the same few pages, and an id is looked for
  -- once in each of these.
  create index event_id on event (seq >> 12, substr(id, 1, 12));
  create index lane_key on lane (key);
  create index action_lane on action (lane);
  create index action_type on action (type);
  `,
  `
  -- Who wants what is planned in a lane, until it is carried out or nothing is left of it: in every approval until then.
  create table wish (
    lane integer not null,
    actor text not null,
    decision integer not null,                     -- the first that heard of it
    primary key (lane, actor)
  ) without rowid;
  insert or ignore into wish (lane, actor, decision)
    select approval.lane, json_each.value, approval.decision from approval, json_each(approval.requesters)
    where approval.state <> 'used'
      and approval.id = (select max(newer.id) from approval newer where newer.lane = approval.lane);

  -- Shares are of what one project has in a scope; what is gone for certain is counted apart.
  alter table action add column gone integer not null default 0;
  alter table budget add column gone integer not null default 0;
  alter table budget add column part text;          -- the project
  alter table applied add column part text;
  update budget set part = (select json_extract(input, '$.project') from action where action.seq = budget.action);
  update applied set part = json_extract(value, '$.project');
  drop index applied_scope;
  create index applied_scope on applied (scope, part);
  `
]
