-- Keep an event that is given up. Buried again (a replay that failed), its attempts are counted on
-- and it shows its last fate. The same burial may be told twice: `last_seen` is the same then.
create or replace function connector_bury(p_letter jsonb, p_body bytea)
returns void language sql as $$
  insert into dead_letters as kept (event_id, tenant_id, channel_id, queue, partition_key,
                            reason_code, reason, attempts, first_seen, last_seen, body, raw_ref)
  values (
    p_letter ->> 'event_id', (p_letter ->> 'tenant')::uuid, (p_letter ->> 'channel')::uuid,
    p_letter ->> 'queue', p_letter ->> 'key', p_letter ->> 'reason_code', p_letter ->> 'reason',
    (p_letter ->> 'attempts')::integer, to_timestamp((p_letter ->> 'first_seen')::float8),
    to_timestamp((p_letter ->> 'last_seen')::float8), p_body, p_letter ->> 'raw_ref'
  )
  on conflict (event_id) do update
  set reason_code = excluded.reason_code, reason = excluded.reason, queue = excluded.queue,
      attempts = kept.attempts
        + case when kept.last_seen = excluded.last_seen then 0 else excluded.attempts end,
      first_seen = least(kept.first_seen, excluded.first_seen),
      last_seen = excluded.last_seen, replayed_at = null
$$;

grant execute on function connector_bury(jsonb, bytea) to parley_connector;
