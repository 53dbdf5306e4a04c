/** Makes the tables of events, lanes, decisions, steps and attempts. */
export default `
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
  `
