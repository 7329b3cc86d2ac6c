-- Whether Redis has agreed once: a token is deleted at once and at `until`, not in between.
alter table stale_keys add column told boolean not null default false;
