/** Adds the outbox. */
export default `
  -- What must be told somewhere (a message of Slack), once: its state, and where it is then.
  create table outbox (
    sink text not null,
    about text not null,                           -- approval:7
    at integer not null,                           -- when what it is about came to be
    state text not null,                           -- waiting, sending, told, lost
    reference text,                                -- where it is, in the sink's own terms
    shown text,                                    -- what it shows there
    tries integer not null default 0,
    due integer not null default 0,
    owner text,
    lease integer not null default 0,
    primary key (sink, about)
  ) without rowid;
  `
