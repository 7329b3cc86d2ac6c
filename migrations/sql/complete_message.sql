-- What the holder of a claim got done. Null when `p_attempt_id` does not hold it (any more).
-- A part once accepted stays so. An unknown part ends the attempt and leaves the message `unknown`;
-- `p_final` says that no part is left to be tried; otherwise the lease begins anew.
-- Locks: the ids that statuses come by, in order (see advance_status), then part 1, then the rest.
create or replace function complete_message(
  p_tenant_id uuid, p_channel_id uuid, p_direction text, p_source_id text, p_attempt_id uuid,
  p_parts jsonb, p_conversation_id text, p_final boolean, p_lease_seconds double precision
) returns json
language plpgsql
as $$
declare
  v_claim message_tracking;
  v_told_before text;
  v_mapping conversation_mappings;
  v_first record;
  v_waiting record;
  v_unknown boolean;
  v_refused boolean;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  perform lock_message_id(p_tenant_id, told.target_id)
     from (select distinct x.target_id from jsonb_to_recordset(p_parts) as x (target_id text)
            where x.target_id is not null order by 1) as told;
  select * into v_claim from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part = 1
     for update;
  if v_claim.attempt_id is distinct from p_attempt_id or v_claim.attempt_id is null then
    return null;
  end if;
  v_told_before := v_claim.conversation_id;
  v_claim.conversation_id := coalesce(p_conversation_id, v_claim.conversation_id);

  select x.outcome, x.target_id, x.error into v_first
    from jsonb_to_recordset(p_parts) as x (part integer, outcome text, target_id text, error jsonb)
   where x.part = 1;
  if v_claim.outcome = 'accepted' or v_first.outcome is null then
    v_first.outcome := v_claim.outcome; -- decided before, or not told now
    v_first.target_id := v_claim.target_id;
    v_first.error := v_claim.error;
  end if;
  if jsonb_array_length(p_parts) > 1 or not p_parts @> '[{"part": 1}]' then
    perform write_parts(v_claim, p_parts, p_final);
  end if;
  select coalesce(bool_or(t.outcome = 'unknown'), false) or coalesce(v_first.outcome = 'unknown', false),
         coalesce(bool_or(t.outcome = 'refused'), false) or coalesce(v_first.outcome = 'refused', false)
    into v_unknown, v_refused
    from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part > 1;

  update message_tracking t
     set outcome = v_first.outcome,
         target_id = coalesce(v_first.target_id, t.target_id),
         error = v_first.error,
         status = case v_first.outcome
                    when 'accepted' then greatest(case t.outcome when 'accepted' then t.status end,
                                                  'accepted')
                    when 'refused' then case when p_final then 'failed'::message_status end end,
         accepted_at = case v_first.outcome when 'accepted' then coalesce(t.accepted_at, now()) end,
         failed_at = case when p_final and v_first.outcome = 'refused' then now()
                          when t.outcome = 'accepted' then t.failed_at end,
         state = case when v_unknown then 'unknown'
                      when not p_final then 'claimed'
                      when v_refused then 'refused'
                      else 'done' end,
         lease_until = case when not v_unknown and not p_final
                            then clock_timestamp() + make_interval(secs => p_lease_seconds) end,
         unknown_since = case when v_unknown then coalesce(t.unknown_since, now()) end,
         is_final = p_final,
         proven = false, -- the next send begins
         conversation_id = v_claim.conversation_id,
         updated_at = now()
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part = 1
  returning * into v_claim;

  if v_unknown or v_refused then
    insert into message_events
      (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
    select p_tenant_id, p_channel_id, v_claim.customer, v_claim.tracking_id, x.part, p_direction,
           x.outcome, now(), x.error
      from jsonb_to_recordset(p_parts) as x (part integer, outcome text, error jsonb)
     where x.outcome <> 'accepted'
    on conflict do nothing;
  end if;
  if p_direction = 'outbound' then
    perform replace_echoes(v_claim, p_parts);
  end if;
  for v_waiting in
    with met as (
      delete from waiting_statuses w
       using jsonb_to_recordset(p_parts) as x (part integer, outcome text, target_id text)
       where w.tenant_id = p_tenant_id and w.message_id = x.target_id and x.outcome = 'accepted'
      returning x.part, w.message_id, w.status, w.occurred_at, w.error
    )
    select met.part, met.message_id, jsonb_agg(to_jsonb(met)) as statuses from met group by 1, 2
  loop
    perform apply_statuses(v_claim, v_waiting.part, v_waiting.message_id, v_waiting.statuses);
  end loop;
  if p_conversation_id is not null and p_conversation_id is distinct from v_told_before then
    v_mapping := touch_conversation(p_tenant_id, p_channel_id, v_claim.customer, p_conversation_id,
                                    null, null, p_direction = 'inbound');
  end if;
  return json_build_object(
    'receipt', receipt_due(v_claim, 'message'),
    'conversation', case when v_mapping.id is not null then conversation_json(v_mapping) end);
end $$;

grant execute on function complete_message to parley_functions;
