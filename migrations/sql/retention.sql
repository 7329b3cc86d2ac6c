-- What is past its days goes, a batch at a time; for the owner of the tables alone.

-- Days as the tenant chose them; null: the platform's.
create or replace function retention_days(p_tenant_id uuid) returns json
language plpgsql stable
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return (select json_build_object(
            'messages', coalesce((t.options #>> '{retention,messages_days}')::integer,
                                 t.retention_days),
            'raw', (t.options #>> '{retention,raw_days}')::integer,
            'media', (t.options #>> '{retention,media_days}')::integer)
            from tenants t where t.id = p_tenant_id);
end $$;

-- Whether a message may come again, so that its claim has to be known, however old it says it is:
-- it waits in the park or as a dead letter, or Meta may still repeat it (for seven days,
-- contracts/meta.md a). What was imported comes to nobody.
create or replace function retention_needs(p_tenant_id uuid, p_tracking_id uuid) returns boolean
language sql stable as $$
  select exists (
    select from message_tracking t
     where t.tenant_id = p_tenant_id and t.tracking_id = p_tracking_id and t.part = 1
       and (t.state <> 'recorded' and t.created_at >= now() - interval '8 days'
            or exists (select from parked p where p.event_id = t.event_id)
            or exists (select from dead_letters d where d.event_id = t.event_id)))
$$;

-- One batch of a tenant's messages from before a moment, with all that was told of them. People and
-- their conversations stay: `parley erase` removes them. Until nothing is left: all counts are 0.
create or replace function retention_sweep(
  p_tenant_id uuid, p_before timestamptz, p_limit integer
) returns json
language plpgsql
as $$
declare
  v_messages uuid[];
  v_tracking bigint;
  v_events bigint;
  v_orphans bigint;
  v_waiting bigint;
  v_dead bigint;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  delete from dead_letters d where d.tenant_id = p_tenant_id and d.last_seen < p_before;
  get diagnostics v_dead = row_count;
  select array_agg(old.tracking_id) into v_messages
    from (select e.tracking_id from message_events e
           where e.tenant_id = p_tenant_id and e.at < p_before and e.kind = 'message'
             and not retention_needs(p_tenant_id, e.tracking_id)
           limit p_limit) as old;
  delete from ledger_refused r -- what is counted stays counted
   where r.tenant_id = p_tenant_id and r.tracking_id = any (v_messages);
  delete from message_tracking t
   where t.tenant_id = p_tenant_id and t.tracking_id = any (v_messages);
  get diagnostics v_tracking = row_count;
  delete from message_events e
   where e.tenant_id = p_tenant_id and e.tracking_id = any (v_messages);
  get diagnostics v_events = row_count;
  delete from message_events e using (
    select o.tracking_id, o.part, o.kind, o.at from message_events o
     where o.tenant_id = p_tenant_id and o.at < p_before
       and not retention_needs(p_tenant_id, o.tracking_id)
     limit p_limit) as old
   where e.tenant_id = p_tenant_id and e.tracking_id = old.tracking_id and e.part = old.part
     and e.kind = old.kind and e.at = old.at;
  get diagnostics v_orphans = row_count;
  delete from waiting_statuses w where w.tenant_id = p_tenant_id and w.received_at < p_before;
  get diagnostics v_waiting = row_count;
  return json_build_object(
    'message_tracking', v_tracking, 'message_events', v_events + v_orphans,
    'waiting_statuses', v_waiting, 'dead_letters', v_dead);
end $$;

-- How many there are, for a dry run.
create or replace function retention_count(p_tenant_id uuid, p_before timestamptz) returns json
language plpgsql stable
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return json_build_object(
    'message_events', (select count(*) from message_events e
                        where e.tenant_id = p_tenant_id and e.at < p_before
                          and not retention_needs(p_tenant_id, e.tracking_id)),
    'waiting_statuses', (select count(*) from waiting_statuses w
                          where w.tenant_id = p_tenant_id and w.received_at < p_before),
    'dead_letters', (select count(*) from dead_letters d
                      where d.tenant_id = p_tenant_id and d.last_seen < p_before));
end $$;

-- Months of message_events that end before a moment are dropped whole: what no tenant keeps any more.
-- One that is in use just now is left for the next run. Their names.
create or replace function retention_drop_partitions(p_before timestamptz) returns text[]
language plpgsql
as $$
declare
  v_name text;
  v_dropped text[] := '{}';
begin
  perform set_config('lock_timeout', '2s', true);
  for v_name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'message_events'::regclass
       and c.relname ~ '^message_events_[0-9]{4}_[0-9]{2}$'
       and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
           <= p_before
     order by 1
  loop
    begin
      execute format('drop table %I', v_name);
      v_dropped := v_dropped || v_name;
    exception when lock_not_available then
      null;
    end;
  end loop;
  return v_dropped;
end $$;

create or replace function retention_note(
  p_tenant_id uuid, p_began_at timestamptz, p_removed jsonb
) returns void
language plpgsql
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  insert into retention_runs (tenant_id, began_at, ended_at, removed)
  values (p_tenant_id, p_began_at, now(), p_removed);
end $$;

-- Seconds since a run ended; null: none ever did.
create or replace function retention_age() returns double precision
language sql stable as $$
  select extract(epoch from now() - max(r.ended_at))::double precision from retention_runs r
$$;

grant select (ended_at) on retention_runs to parley_connector;
drop policy if exists all_tenants on retention_runs;
create policy all_tenants on retention_runs for select to parley_connector using (true);
grant execute on function retention_age() to parley_connector;
