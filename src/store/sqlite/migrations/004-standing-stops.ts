/** Rebuilds the table of stops so that several are in force beside each other, and adds users' names. */
export default `
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
  `
