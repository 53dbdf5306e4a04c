/** Adds the table of who wants what is planned, and the columns that budgets as a share need. */
export default `
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
