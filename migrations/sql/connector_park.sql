-- The connector's parked events. Called by the role parley_connector, one round trip each.

-- Write events in the order given; one that is there already stays as it is. Number of new rows.
create or replace function connector_park(p_queue text, p_events jsonb, p_bodies bytea[])
returns integer language sql as $$
  with fresh as (
    insert into parked (queue, partition_key, event_id, tenant_id, channel_id, body,
                        attempts, faults, reason, next_at, first_seen)
    select p_queue, e.item ->> 'key', e.item ->> 'event_id',
           (e.item ->> 'tenant')::uuid, (e.item ->> 'channel')::uuid, p_bodies[e.number],
           (e.item ->> 'attempts')::integer, (e.item ->> 'faults')::integer, e.item ->> 'reason',
           to_timestamp((e.item ->> 'next_at')::float8),
           to_timestamp((e.item ->> 'first_seen')::float8)
    from jsonb_array_elements(p_events) with ordinality as e (item, number)
    order by e.number
    on conflict (event_id) do nothing
    returning 1
  )
  select count(*)::integer from fresh
$$;

-- Drop rows that are over, note failed attempts, then read the first p_rows rows of each key.
create or replace function connector_turn(
  p_gone text[], p_late jsonb, p_queue text, p_keys text[], p_rows integer
)
returns table (partition_key text, event_id text, body bytea, attempts integer, faults integer,
               reason text, next_at timestamptz, first_seen timestamptz)
language sql as $$
  delete from parked where event_id = any (p_gone);

  update parked
  set attempts = late.attempts, faults = late.faults, reason = late.reason,
      next_at = to_timestamp(late.next_at)
  from jsonb_to_recordset(p_late)
    as late (event_id text, attempts integer, faults integer, reason text, next_at float8)
  where parked.event_id = late.event_id;

  select head.partition_key, head.event_id, head.body, head.attempts, head.faults,
         head.reason, head.next_at, head.first_seen
  from unnest(p_keys) as wanted (key)
  cross join lateral (
    select * from parked
    where parked.queue = p_queue and parked.partition_key = wanted.key
    order by parked.seq
    limit p_rows
  ) as head
  order by head.seq
$$;

-- The keys of a queue that have rows, the oldest first.
create or replace function connector_keys(p_queue text)
returns table (partition_key text, tenant_id uuid) language sql stable as $$
  select parked.partition_key, min(parked.tenant_id::text)::uuid
  from parked
  where parked.queue = p_queue
  group by parked.partition_key
  order by min(parked.seq)
$$;

-- How many rows each queue has, and how many of them may be tried now.
create or replace function connector_overview()
returns table (queue text, total bigint, due bigint) language sql stable as $$
  select parked.queue, count(*), count(*) filter (where parked.next_at <= now())
  from parked
  group by parked.queue
$$;

grant execute on function connector_park(text, jsonb, bytea[]) to parley_connector;
grant execute on function connector_turn(text[], jsonb, text, text[], integer) to parley_connector;
grant execute on function connector_keys(text) to parley_connector;
grant execute on function connector_overview() to parley_connector;
