/** Adds the tables that the guard goes by: approvals, votes, stops, pins, and budgets by scope and target. */
export default `
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
  `
