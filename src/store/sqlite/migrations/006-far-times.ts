/** Mends times that lie outside of the calendar, and keeps what the sender said. */
export default `
  -- What the sender said where that was no time to go by (over a year from now); at is then when it was received.
  alter table event add column said text;
  create index event_said on event (id) where said is not null;
  -- Times of earlier versions that no reader can take: the row of one stopped every lane.
  update or ignore event
  set said = coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', at / 1000000, 'unixepoch'), at || ' microseconds since 1970'),
    at = received * 1000
  where at > 9007199254740991 or at < -9007199254740991;
  `
