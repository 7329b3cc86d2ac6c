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
  v_mapping conversation_mappings;
  v_part record;
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

  for v_part in
    select * from jsonb_to_recordset(p_parts)
      as x (part integer, outcome text, target_id text, error jsonb) order by x.part
  loop
    insert into message_tracking as t
      (tenant_id, channel_id, direction, source_id, part, tracking_id, customer, conversation_id,
       kind, occurred_at, state, attempts, outcome, target_id, status, accepted_at, error)
    values
      (p_tenant_id, p_channel_id, p_direction, p_source_id, v_part.part, v_claim.tracking_id,
       v_claim.customer, coalesce(p_conversation_id, v_claim.conversation_id), v_claim.kind,
       v_claim.occurred_at,
       case v_part.part when 1 then v_claim.state end,
       case v_part.part when 1 then v_claim.attempts end,
       v_part.outcome, v_part.target_id,
       case v_part.outcome when 'accepted' then 'accepted'::message_status end,
       case v_part.outcome when 'accepted' then now() end, v_part.error)
    on conflict (tenant_id, source_id, direction, channel_id, part) do update
      set outcome = excluded.outcome, target_id = coalesce(excluded.target_id, t.target_id),
          status = greatest(t.status, excluded.status),
          accepted_at = coalesce(t.accepted_at, excluded.accepted_at),
          error = excluded.error, updated_at = now()
      where t.outcome is distinct from 'accepted';
    if v_part.outcome <> 'accepted' then
      insert into message_events
        (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
      values
        (p_tenant_id, p_channel_id, v_claim.customer, v_claim.tracking_id, v_part.part, p_direction,
         v_part.outcome, now(), v_part.error)
      on conflict do nothing;
    elsif v_part.target_id is not null then
      for v_waiting in
        delete from waiting_statuses w
         where w.tenant_id = p_tenant_id and w.message_id = v_part.target_id returning w.*
      loop
        perform apply_status(v_claim, v_part.part, v_part.target_id, v_waiting.status,
                             v_waiting.occurred_at, v_waiting.error);
      end loop;
    end if;
  end loop;

  select coalesce(bool_or(t.outcome = 'unknown'), false),
         coalesce(bool_or(t.outcome = 'refused'), false)
    into v_unknown, v_refused
    from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id;
  if v_refused and p_final then
    update message_tracking t set status = 'failed', failed_at = now()
     where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
       and t.channel_id = p_channel_id and t.outcome = 'refused' and t.status is null;
  end if;
  update message_tracking t
     set state = case when v_unknown then 'unknown'
                      when not p_final then 'claimed'
                      when v_refused then 'refused'
                      else 'done' end,
         lease_until = case when not v_unknown and not p_final
                            then clock_timestamp() + make_interval(secs => p_lease_seconds) end,
         unknown_since = case when v_unknown then coalesce(t.unknown_since, now()) end,
         is_final = p_final,
         conversation_id = coalesce(p_conversation_id, t.conversation_id),
         updated_at = now()
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part = 1;

  if p_conversation_id is distinct from v_claim.conversation_id and p_conversation_id is not null then
    v_mapping := touch_conversation(p_tenant_id, p_channel_id, v_claim.customer, p_conversation_id,
                                    null, p_direction = 'inbound');
  end if;
  v_claim.is_final := p_final;
  return json_build_object(
    'receipt', receipt_due(v_claim, 'message'),
    'conversation', case when v_mapping.id is not null then conversation_json(v_mapping) end);
end $$;

grant execute on function complete_message to parley_functions;
