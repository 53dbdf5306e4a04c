-- table meta on meta
CREATE TABLE meta (key text primary key, value text not null) without rowid;

-- table event on event
CREATE TABLE event (
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
    note text, user_id text, user_name text, said text, happening text, moved_to text,                          -- why it woke no lane, or not all
    unique (at, id)
  );

-- index sqlite_autoindex_event_1 on event
null;

-- index event_subject on event
CREATE INDEX event_subject on event (subject) where subject is not null;

-- index event_project on event
CREATE INDEX event_project on event (project) where project is not null;

-- table lane on lane
CREATE TABLE lane (
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
    open integer, held text, held_until integer, again integer,                       -- the decision whose plan is not finished
    unique (policy, key)
  );

-- index sqlite_autoindex_lane_1 on lane
null;

-- index lane_due on lane
CREATE INDEX lane_due on lane (due, head) where pending > 0 and parked is null and open is null;

-- index lane_leased on lane
CREATE INDEX lane_leased on lane (lease) where owner is not null;

-- index lane_open on lane
CREATE INDEX lane_open on lane (open) where open is not null;

-- index lane_parked on lane
CREATE INDEX lane_parked on lane (id) where parked is not null;

-- table lane_event on lane_event
CREATE TABLE lane_event (
    lane integer not null,
    seq integer not null,
    primary key (lane, seq)
  ) without rowid;

-- index lane_event_seq on lane_event
CREATE INDEX lane_event_seq on lane_event (seq);

-- table concern on concern
CREATE TABLE concern (
    resource text not null,
    lane integer not null,
    seq integer not null,
    primary key (resource, lane)
  ) without rowid;

-- index concern_lane on concern
CREATE INDEX concern_lane on concern (lane);

-- table decision on decision
CREATE TABLE decision (
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
  , given text not null default '[]', verdict text, hash text, approval integer, requesters text not null default '[]');

-- table sqlite_sequence on sqlite_sequence
CREATE TABLE sqlite_sequence(name,seq);

-- index decision_lane on decision
CREATE INDEX decision_lane on decision (lane, through_seq);

-- table answer on answer
CREATE TABLE answer (sha256 text primary key, body text not null) without rowid;

-- table decision_answer on decision_answer
CREATE TABLE decision_answer (
    decision integer not null,
    sha256 text not null,
    primary key (decision, sha256)
  ) without rowid;

-- index decision_answer_sha256 on decision_answer
CREATE INDEX decision_answer_sha256 on decision_answer (sha256);

-- table action on action
CREATE TABLE action (
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
  , cluster text, population integer, holder integer, pin_ms integer, inverse text, gone integer not null default 0);

-- index sqlite_autoindex_action_1 on action
null;

-- index action_due on action
CREATE INDEX action_due on action (due, seq) where state in ('ready', 'claimed');

-- index action_claimed on action
CREATE INDEX action_claimed on action (target) where state = 'claimed';

-- index action_request_id on action
CREATE INDEX action_request_id on action (request_id);

-- index action_decision on action
CREATE INDEX action_decision on action (decision, ordinal);

-- table attempt on attempt
CREATE TABLE attempt (
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

-- index attempt_answered on attempt
CREATE INDEX attempt_answered on attempt (answered) where answered is not null;

-- table applied on applied
CREATE TABLE applied (
    target text primary key,
    lane integer not null,
    scope text not null,
    value text not null
  , part text) without rowid;

-- index applied_lane on applied
CREATE INDEX applied_lane on applied (lane);

-- table drift on drift
CREATE TABLE drift (
    id integer primary key,
    policy text not null,
    key text not null,
    reason text not null,
    seen integer not null,
    event_exists integer not null,
    subjects text not null,
    class text                          -- null: not yet classified
  );

-- index drift_open on drift
CREATE UNIQUE INDEX drift_open on drift (policy, key) where class is null;

-- table tally on tally
CREATE TABLE tally (name text primary key, n integer not null) without rowid;

-- index lane_held on lane
CREATE INDEX lane_held on lane (held_until) where held is not null;

-- index action_cluster on action
CREATE INDEX action_cluster on action (cluster) where state = 'claimed';

-- table budget on budget
CREATE TABLE budget (
    action integer primary key,
    at integer not null,
    decision integer not null,
    policy text not null,
    cluster text,
    type text not null,
    risk text not null,
    scope text not null,
    target text not null
  , gone integer not null default 0, part text);

-- index budget_scope on budget
CREATE INDEX budget_scope on budget (scope, at);

-- index budget_at on budget
CREATE INDEX budget_at on budget (at);

-- index budget_target on budget
CREATE INDEX budget_target on budget (target, at);

-- table pin on pin
CREATE TABLE pin (
    target text primary key,
    until integer not null,
    reason text not null,
    action text not null
  ) without rowid;

-- table approval on approval
CREATE TABLE approval (
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

-- index approval_lane on approval
CREATE INDEX approval_lane on approval (lane, id);

-- index approval_open on approval
CREATE INDEX approval_open on approval (id) where state = 'open';

-- table vote on vote
CREATE TABLE vote (
    approval integer not null,
    actor text not null,
    verdict text not null,
    at integer not null,
    reason text,
    primary key (approval, actor)
  ) without rowid;

-- index lane_again on lane
CREATE INDEX lane_again on lane (again) where again is not null;

-- table sample on sample
CREATE TABLE sample (
    series text not null,
    at integer not null,
    until integer not null,
    value text not null,
    primary key (series, at)
  ) without rowid;

-- table quota_request on quota_request
CREATE TABLE quota_request (
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

-- index quota_request_lane on quota_request
CREATE INDEX quota_request_lane on quota_request (policy, lane);

-- table breach on breach
CREATE TABLE breach (
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
  , user_name text);

-- index breach_open on breach
CREATE UNIQUE INDEX breach_open on breach (lane, rule, detail) where ended is null;

-- index breach_ended on breach
CREATE INDEX breach_ended on breach (ended) where ended is not null;

-- table stop on stop
CREATE TABLE "stop" (
    id integer primary key autoincrement,
    cluster text not null,                         -- '' : everything
    at integer not null,
    by text not null,
    reason text not null
  );

-- table name_pin on name_pin
CREATE TABLE name_pin (
    key text primary key,                          -- whose setting, and the name as it is written there
    id text,                                       -- null: it was never found, or never only one
    at integer,                                    -- ms, when it was
    trouble text                                   -- why it counts for nothing now
  ) without rowid;

-- index event_said on event
CREATE INDEX event_said on event (id) where said is not null;

-- index event_happening on event
CREATE INDEX event_happening on event (happening, subject, source) where happening is not null;

-- index event_moved_to on event
CREATE INDEX event_moved_to on event (moved_to, subject, source) where moved_to is not null;

-- index event_delivery on event
CREATE INDEX event_delivery on event (id, subject, source) where source >= '/gitlab/' and source < '/gitlab0';

-- index event_type on event
CREATE INDEX event_type on event (type);

-- index event_id on event
CREATE INDEX event_id on event (seq >> 12, substr(id, 1, 12));

-- index lane_key on lane
CREATE INDEX lane_key on lane (key);

-- index action_lane on action
CREATE INDEX action_lane on action (lane);

-- index action_type on action
CREATE INDEX action_type on action (type);

-- table wish on wish
CREATE TABLE wish (
    lane integer not null,
    actor text not null,
    decision integer not null,                     -- the first that heard of it
    primary key (lane, actor)
  ) without rowid;

-- index applied_scope on applied
CREATE INDEX applied_scope on applied (scope, part);
