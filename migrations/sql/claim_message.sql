-- The one door to a side effect: exactly one of any number of callers gets `claimed`.
--   claimed    go; `parts` lists what earlier attempts got done: go on after it
--   duplicate  everything is decided; `receipt` is one that Genesys is still owed
--   busy       another attempt holds the lease
--   unknown    an earlier send may have arrived; a status, or `p_resend_unknown_seconds` (null:
--              never) after it, decides
-- A lease that ends without a word leaves a send of unknown fate: its holder may have died just
-- after it. What Genesys refused can be claimed again: nobody was told of it but an operator, who
-- may have mended the cause.
-- The attempt's id comes from the caller, so that a call repeated after a cut connection finds its
-- own claim. `conversation`, for the cache, is there when something new about its customer is known.
-- Locks: part 1 of the message, then identities, then the conversation.
create or replace function claim_message(
  p_tenant_id uuid, p_channel_id uuid, p_direction text, p_source_id text, p_attempt_id uuid,
  p_customer text, p_wa_id text, p_bsuid text, p_profile_name text, p_conversation_id text,
  p_kind text, p_content jsonb, p_occurred_at timestamptz, p_event_id text, p_raw_ref text,
  p_lease_seconds double precision, p_resend_unknown_seconds double precision
) returns json
language plpgsql
as $$
declare
  v_lease constant interval := make_interval(secs => p_lease_seconds);
  v_who record;
  v_claim message_tracking;
  v_mapping conversation_mappings;
  v_wait double precision;
  v_ended boolean;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  select * into v_who
    from canonical_customer(p_tenant_id, p_customer, p_wa_id, p_bsuid, p_profile_name);

  insert into message_tracking
    (tenant_id, channel_id, direction, source_id, part, tracking_id, customer, conversation_id, kind,
     occurred_at, state, attempt_id, attempts, lease_until, event_id, raw_ref)
  values
    (p_tenant_id, p_channel_id, p_direction, p_source_id, 1, gen_random_uuid(), v_who.customer,
     coalesce(p_conversation_id,
              (select m.conversation_id from conversation_mappings m
                where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
                  and m.customer = v_who.customer and m.is_current)),
     p_kind, p_occurred_at, 'claimed', p_attempt_id, 1, clock_timestamp() + v_lease, p_event_id,
     p_raw_ref)
  on conflict do nothing
  returning * into v_claim;

  if found then
    if not v_who.is_known then
      perform remember_identities(p_tenant_id, v_who.customer, p_wa_id, p_bsuid, p_profile_name);
    end if;
    v_mapping := touch_conversation(
      p_tenant_id, p_channel_id, v_who.customer, p_conversation_id,
      case p_direction when 'inbound' then p_occurred_at end, false);
    insert into message_events
      (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
    values
      (p_tenant_id, p_channel_id, v_who.customer, v_claim.tracking_id, 1, p_direction, 'message',
       p_occurred_at, p_content);
    return json_build_object(
      'outcome', 'claimed', 'attempt_id', p_attempt_id, 'attempts', 1,
      'tracking_id', v_claim.tracking_id, 'parts', '[]'::json,
      'conversation_id', v_claim.conversation_id, 'customer', v_claim.customer,
      'last_customer_message_at', rfc3339(v_mapping.last_customer_message_at),
      'conversation', case when not v_who.is_known and v_mapping.conversation_id is not null
                           then conversation_json(v_mapping) end);
  end if;

  select * into v_claim from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part = 1
     for update;
  select * into v_mapping from conversation_mappings m
   where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
     and m.customer = v_claim.customer and m.is_current;

  v_ended := v_claim.state = 'claimed' and v_claim.attempt_id <> p_attempt_id
    and v_claim.lease_until <= clock_timestamp();
  if v_ended and not v_claim.proven then
    update message_tracking t -- the attempt stays: who is late but alive can still complete
       set state = 'unknown', unknown_since = clock_timestamp(), lease_until = null,
           updated_at = now()
     where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
       and t.channel_id = p_channel_id and t.part = 1
    returning * into v_claim;
  end if;

  if v_claim.state = 'claimed'
     and (v_claim.attempt_id is null or v_claim.attempt_id = p_attempt_id or v_ended)
     or v_claim.state = 'unknown'
        and v_claim.unknown_since + make_interval(secs => p_resend_unknown_seconds)
            <= clock_timestamp()
     or v_claim.state = 'refused' and p_direction = 'inbound'
  then
    update message_tracking t
       set state = 'claimed', attempt_id = p_attempt_id, lease_until = clock_timestamp() + v_lease,
           attempts = t.attempts + (t.attempt_id is distinct from p_attempt_id)::integer,
           unknown_since = null, is_final = false, proven = false, updated_at = now()
     where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
       and t.channel_id = p_channel_id and t.part = 1
    returning * into v_claim;
    v_claim.state := 'claimed';
  elsif v_claim.state = 'claimed' then
    v_claim.state := 'busy';
    -- The holder is mostly done in a moment; only after a crash the whole lease must pass.
    v_wait := least(extract(epoch from v_claim.lease_until - clock_timestamp()), 2);
  elsif v_claim.state = 'unknown' then
    v_wait := least(p_resend_unknown_seconds
                    - extract(epoch from clock_timestamp() - v_claim.unknown_since), 30);
  else
    v_claim.state := 'duplicate';
  end if;

  return json_build_object(
    'outcome', v_claim.state,
    'attempt_id', case v_claim.state when 'claimed' then p_attempt_id end,
    'attempts', v_claim.attempts,
    'tracking_id', v_claim.tracking_id, 'parts', parts_json(v_claim),
    'conversation_id', v_claim.conversation_id, 'customer', v_claim.customer,
    'last_customer_message_at', rfc3339(v_mapping.last_customer_message_at),
    'unknown_since', rfc3339(v_claim.unknown_since),
    'retry_after', greatest(v_wait, 0.1),
    'receipt', case v_claim.state when 'duplicate' then receipt_due(v_claim, 'message') end);
end $$;

grant execute on function claim_message to parley_functions;
