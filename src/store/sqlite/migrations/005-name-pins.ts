/** Adds the table of names of the configuration, each with the id that it first had. */
export default `
  -- What a name of the configuration was first found to be, so that nobody takes its place by a name.
  create table name_pin (
    key text primary key,                          -- whose setting, and the name as it is written there
    id text,                                       -- null: it was never found, or never only one
    at integer,                                    -- ms, when it was
    trouble text                                   -- why it counts for nothing now
  ) without rowid;
  `
