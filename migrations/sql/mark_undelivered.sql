-- Genesys failed a customer's message that it had taken under this id. Of a message that is not
-- known yet it is kept until complete_message meets it.
create or replace function mark_undelivered(
  p_tenant_id uuid, p_channel_id uuid, p_target_id text, p_error jsonb
) returns json
language plpgsql
as $$
declare
  v_part message_tracking;
  v_claim message_tracking;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  perform lock_message_id(p_tenant_id, p_target_id);
  select * into v_part from message_tracking t
   where t.tenant_id = p_tenant_id and t.target_id = p_target_id and t.direction = 'inbound'
     and t.channel_id = p_channel_id
   order by t.created_at limit 1;
  if not found then
    insert into waiting_statuses (tenant_id, message_id, status, occurred_at, error)
    values (p_tenant_id, p_target_id, 'failed', now(), p_error)
    on conflict do nothing;
    return json_build_object('known', false, 'changed', false);
  end if;
  select * into v_claim from message_tracking t
   where t.tenant_id = p_tenant_id and t.source_id = v_part.source_id and t.direction = 'inbound'
     and t.channel_id = p_channel_id and t.part = 1
     for update;
  if v_part.failed_at is null then
    perform apply_statuses(v_claim, v_part.part, p_target_id, jsonb_build_array(
      jsonb_build_object('status', 'failed', 'occurred_at', now(), 'error', p_error)));
  end if;
  return json_build_object(
    'known', true, 'changed', v_part.failed_at is null, 'source_id', v_claim.source_id,
    'customer', v_claim.customer, 'conversation_id', v_claim.conversation_id);
end $$;

grant execute on function mark_undelivered to parley_functions;
