-- Makes the monthly partitions of message_events from this month to `p_months_ahead` from now, and
-- returns how many were missing. Rows that lay in the default partition meanwhile move along.
-- For the owner: `parley migrate` calls it each time it runs.
create or replace function ensure_partitions(p_months_ahead integer) returns integer
language plpgsql
as $$
declare
  v_from timestamptz;
  v_till timestamptz;
  v_name text;
  v_made integer := 0;
begin
  for v_from in
    select m at time zone 'UTC'
    from generate_series(
      date_trunc('month', now() at time zone 'UTC'),
      date_trunc('month', now() at time zone 'UTC') + make_interval(months => p_months_ahead),
      interval '1 month') as m
  loop
    v_till := (v_from at time zone 'UTC' + interval '1 month') at time zone 'UTC';
    v_name := 'message_events_' || to_char(v_from at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass(v_name) is not null;

    execute format('create table %I (like message_events including defaults)', v_name);
    lock table message_events in access exclusive mode;
    -- Moving rows is no tenant's business, and the owner would see none of them.
    alter table message_events_default no force row level security;
    execute format(
      'with moved as (delete from message_events_default where at >= %1$L and at < %2$L returning *)'
      ' insert into %3$I select * from moved', v_from, v_till, v_name);
    alter table message_events_default force row level security;
    execute format('alter table message_events attach partition %I for values from (%L) to (%L)',
                   v_name, v_from, v_till);
    call isolate_tenants(v_name);
    v_made := v_made + 1;
  end loop;
  return v_made;
end $$;
