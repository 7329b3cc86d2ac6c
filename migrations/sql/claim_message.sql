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
-- A message of a customer that was recorded from an imported history can be claimed, once: it comes
-- again as a live one, which nobody has shown to an agent.
-- A receipt goes to whom the message was addressed: `p_receipt_to` is kept, and `p_customer` where
-- we know the person by another name.
-- The window counts from the provider's time, and from no later than now.
-- Locks: part 1 of the message, then people (lock_people), then the conversation.
create or replace function claim_message(
  p_tenant_id uuid, p_channel_id uuid, p_direction text, p_source_id text, p_attempt_id uuid,
  p_customer text, p_wa_id text, p_bsuid text, p_profile_name text, p_conversation_id text,
  p_kind text, p_content jsonb, p_occurred_at timestamptz, p_event_id text, p_raw_ref text,
  p_lease_seconds double precision, p_resend_unknown_seconds double precision,
  p_aliases text[] default '{}', p_reply_to text default null, p_tapped uuid default null,
  p_opens_window boolean default true, p_receipt_to jsonb default null
) returns json
language plpgsql
as $$
declare
  v_lease constant interval := make_interval(secs => p_lease_seconds);
  v_opened_at constant timestamptz :=
    case when p_direction = 'inbound' and p_opens_window then least(p_occurred_at, now()) end;
  v_who customers;
  v_is_known boolean;
  v_claim message_tracking;
  v_mapping conversation_mappings;
  v_wait double precision;
  v_unknown_for double precision;
  v_ended boolean;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  v_who := known_customer(p_tenant_id, p_direction, p_customer, p_wa_id, p_bsuid, p_profile_name);
  v_is_known := v_who.customer is not null;
  if not v_is_known then
    v_who.customer := p_customer; -- until the message is ours
  end if;

  insert into message_tracking
    (tenant_id, channel_id, direction, source_id, part, tracking_id, customer, conversation_id, kind,
     occurred_at, state, attempt_id, attempts, lease_until, event_id, raw_ref, receipt_to)
  values
    (p_tenant_id, p_channel_id, p_direction, p_source_id, 1, gen_random_uuid(), v_who.customer,
     coalesce(p_conversation_id,
              (select m.conversation_id from conversation_mappings m
                where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
                  and m.customer = v_who.customer and m.is_current)),
     p_kind, p_occurred_at, 'claimed', p_attempt_id, 1, clock_timestamp() + v_lease, p_event_id,
     p_raw_ref,
     coalesce(p_receipt_to, case when p_direction = 'outbound' and v_who.customer <> p_customer
                                 then receipt_address(p_customer) end))
  on conflict do nothing
  returning * into v_claim;

  if found then
    if not v_is_known then
      v_who := settle_customer(p_tenant_id, p_direction, p_customer, p_wa_id, p_aliases, p_bsuid,
                               p_profile_name, p_occurred_at);
    end if;
    v_mapping := touch_conversation(p_tenant_id, p_channel_id, v_who.customer, p_conversation_id,
                                    v_opened_at, p_source_id, false);
    if v_mapping.customer <> v_claim.customer then -- it was not what the message said
      v_claim := rename_claim(v_claim, v_mapping, p_conversation_id);
      select * into v_who from customers c
       where c.tenant_id = p_tenant_id and c.customer = v_claim.customer;
    end if;
    insert into message_events
      (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
    values
      (p_tenant_id, p_channel_id, v_claim.customer, v_claim.tracking_id, 1, p_direction, 'message',
       p_occurred_at, p_content);
    return json_build_object(
      'outcome', 'claimed', 'attempt_id', p_attempt_id, 'attempts', 1,
      'tracking_id', v_claim.tracking_id, 'parts', '[]'::json,
      'conversation_id', v_claim.conversation_id, 'customer', v_claim.customer,
      'wa_id', v_who.wa_id, 'bsuid', v_who.bsuid,
      'last_customer_message_at', rfc3339(v_mapping.last_customer_message_at),
      'last_customer_message_id', v_mapping.last_customer_message_id,
      'quoted', case when p_reply_to is not null or p_tapped is not null
                     then quoted_message(v_claim, p_reply_to, p_tapped) end,
      'conversation', case when not v_is_known and v_mapping.conversation_id is not null
                           then conversation_json(v_mapping) end);
  end if;

  select * into v_claim from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part = 1
     for update;
  if v_claim.state = 'recorded' and p_direction = 'inbound' then
    if not v_is_known then
      v_who := settle_customer(p_tenant_id, p_direction, p_customer, p_wa_id, p_aliases, p_bsuid,
                               p_profile_name, p_occurred_at);
    end if;
    v_mapping := touch_conversation(p_tenant_id, p_channel_id, v_who.customer, p_conversation_id,
                                    v_opened_at, p_source_id, false);
    v_claim := rename_claim(v_claim, v_mapping, p_conversation_id);
  end if;
  v_who := known_customer(p_tenant_id, 'outbound', v_claim.customer, null, null, null);
  select * into v_mapping from conversation_mappings m
   where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
     and m.customer = v_who.customer and m.is_current;

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
     or v_claim.state in ('refused', 'recorded') and p_direction = 'inbound'
  then
    update message_tracking t
       set state = 'claimed', attempt_id = p_attempt_id, lease_until = clock_timestamp() + v_lease,
           attempts = t.attempts + (t.attempt_id is distinct from p_attempt_id)::integer,
           unknown_since = null, is_final = false, proven = false,
           event_id = coalesce(t.event_id, p_event_id), raw_ref = coalesce(t.raw_ref, p_raw_ref),
           updated_at = now()
     where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
       and t.channel_id = p_channel_id and t.part = 1
    returning * into v_claim;
    v_claim.state := 'claimed';
  elsif v_claim.state = 'claimed' then
    v_claim.state := 'busy';
    -- The holder is mostly done in a moment; only after a crash the whole lease must pass.
    v_wait := least(extract(epoch from v_claim.lease_until - clock_timestamp()), 2);
  elsif v_claim.state = 'unknown' then
    -- Mostly a status tells within a second. The longer none does, the less often it is asked.
    v_unknown_for := extract(epoch from clock_timestamp() - v_claim.unknown_since);
    v_wait := least(p_resend_unknown_seconds - v_unknown_for, greatest(1, v_unknown_for / 2), 30);
  else
    v_claim.state := 'duplicate';
  end if;

  return json_build_object(
    'outcome', v_claim.state,
    'attempt_id', case v_claim.state when 'claimed' then p_attempt_id end,
    'attempts', v_claim.attempts,
    'tracking_id', v_claim.tracking_id, 'parts', parts_json(v_claim),
    'conversation_id', v_claim.conversation_id, 'customer', v_claim.customer,
    'wa_id', v_who.wa_id, 'bsuid', v_who.bsuid,
    'last_customer_message_at', rfc3339(v_mapping.last_customer_message_at),
    'last_customer_message_id', v_mapping.last_customer_message_id,
    'quoted', case when p_reply_to is not null or p_tapped is not null
                   then quoted_message(v_claim, p_reply_to, p_tapped) end,
    'unknown_since', rfc3339(v_claim.unknown_since),
    'retry_after', greatest(v_wait, 0.1),
    'receipt', case v_claim.state when 'duplicate' then receipt_due(v_claim, 'message') end);
end $$;

grant execute on function claim_message to parley_functions;
