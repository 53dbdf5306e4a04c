/** Adds the indexes that people's questions are answered by. */
export default `
  -- What people ask for by type, by id or by name; see docs/decisions/0025 for what each costs an append.
  create index event_type on event (type);
  -- Ids are random: sorted within each 4,096 events only, an append touches the same few pages, and an id is looked for
  -- once in each of these.
  create index event_id on event (seq >> 12, substr(id, 1, 12));
  create index lane_key on lane (key);
  create index action_lane on action (lane);
  create index action_type on action (type);
  `
