-- A status of Meta for the message with this id at Meta, else for the part that its callback data
-- names (which tells us the id, and that a send of unknown fate arrived). Of a message that is not
-- known yet the status is kept until complete_message meets it. `p_earlier`: others of the same
-- message that came with it, [{status, occurred_at, error}]; all are one write. `event_id` of the
-- answer is the message's event, which may be waiting to learn its fate.
create or replace function advance_status(
  p_tenant_id uuid, p_message_id text, p_status message_status, p_occurred_at timestamptz,
  p_customer text, p_error jsonb, p_tracking_id uuid, p_part integer, p_earlier jsonb default '[]'
) returns json
language plpgsql
as $$
declare
  v_statuses constant jsonb := p_earlier || jsonb_build_array(
    jsonb_build_object('status', p_status, 'occurred_at', p_occurred_at, 'error', p_error));
  v_before message_tracking;
  v_claim message_tracking;
  v_part message_tracking;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  perform lock_message_id(p_tenant_id, p_message_id);

  select * into v_before from message_tracking t
   where t.tenant_id = p_tenant_id and t.target_id = p_message_id
   order by t.created_at limit 1;
  if not found and p_tracking_id is not null then
    select * into v_before from message_tracking t
     where t.tenant_id = p_tenant_id and t.tracking_id = p_tracking_id and t.part = 1;
    v_before.part := p_part;
  end if;
  if v_before.tracking_id is null then
    insert into waiting_statuses (tenant_id, message_id, status, occurred_at, error)
    select p_tenant_id, p_message_id, s.status, s.occurred_at, s.error
      from jsonb_to_recordset(v_statuses)
        as s (status message_status, occurred_at timestamptz, error jsonb)
    on conflict do nothing;
    return json_build_object(
      'known', false, 'changed', false, 'status', p_status, 'customer', p_customer);
  end if;

  select * into v_claim from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = v_before.source_id
     and t.direction = v_before.direction and t.channel_id = v_before.channel_id and t.part = 1
     for update;
  select max(t.status), max(t.outcome) into v_before.status, v_before.outcome
    from message_tracking t -- anew: we may have waited
   where t.tenant_id = p_tenant_id and t.source_id = v_before.source_id
     and t.direction = v_before.direction and t.channel_id = v_before.channel_id
     and t.part = v_before.part;
  v_part := apply_statuses(v_claim, v_before.part, p_message_id, v_statuses);

  if v_before.outcome is distinct from 'accepted' then -- it tells the fate of a send
    if v_claim.state = 'unknown' then
      v_claim := settle_unknown(v_claim);
    elsif v_claim.state = 'claimed' then
      update message_tracking t set proven = true
       where t.tenant_id = p_tenant_id and t.source_id = v_claim.source_id
         and t.direction = v_claim.direction and t.channel_id = v_claim.channel_id and t.part = 1;
    end if;
  end if;
  return json_build_object(
    'known', true,
    'changed', v_part.status is distinct from v_before.status,
    'status', v_part.status,
    'source_id', v_claim.source_id, 'event_id', v_claim.event_id, 'part', v_part.part,
    'conversation_id', v_claim.conversation_id, 'customer', v_claim.customer,
    'receipt', receipt_due(v_claim, p_message_id || ' ' || p_status));
end $$;

grant execute on function advance_status to parley_functions;
