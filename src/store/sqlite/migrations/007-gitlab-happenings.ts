/** Adds what happened in GitLab to its events, so that a repeated delivery is recognised. */
export default `
  -- What a webhook of GitLab tells, by which the next one that tells it is known: with the data they go when it is pruned.
  alter table event add column happening text;
  alter table event add column moved_to text;    -- of a push: the commit that the branch then pointed to
  update event set happening = json_extract(data, '$.happening'), moved_to = json_extract(data, '$.moved.to')
  where source >= '/gitlab/' and source < '/gitlab0' and data is not null and json_valid(data)
    and json_extract(data, '$.kind') = 'gitlab';
  create index event_happening on event (happening, subject, source) where happening is not null;
  create index event_moved_to on event (moved_to, subject, source) where moved_to is not null;
  create index event_delivery on event (id, subject, source) where source >= '/gitlab/' and source < '/gitlab0';
  `
