-- Genesys has taken the receipt of an outbound message: it is owed no more. False when it was
-- confirmed before or the message is not known.
create or replace function confirm_receipt(
  p_tenant_id uuid, p_channel_id uuid, p_source_id text, p_status text
) returns boolean
language plpgsql
as $$
declare
  v_claim message_tracking;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  update message_tracking t
     set receipt_status = p_status, receipt_confirmed_at = now(), updated_at = now()
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = 'outbound'
     and t.channel_id = p_channel_id and t.part = 1 and t.receipt_confirmed_at is null
  returning * into v_claim;
  if not found then
    return false;
  end if;
  insert into message_events
    (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
  values
    (p_tenant_id, p_channel_id, v_claim.customer, v_claim.tracking_id, 1, 'outbound', 'receipt',
     now(), jsonb_build_object('status', p_status))
  on conflict do nothing;
  return true;
end $$;

grant execute on function confirm_receipt to parley_functions;
