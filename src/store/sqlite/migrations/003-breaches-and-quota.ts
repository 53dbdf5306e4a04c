/** Adds the tables of breaches, quota requests and samples. */
export default `
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
  `
