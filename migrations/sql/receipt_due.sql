-- The receipt that Genesys is still owed for an outbound message, or null. `p_claim` is its part 1,
-- locked by the caller. Delivered: every part is; Failed: one of them is. It is owed until
-- confirm_receipt, always to the same asker (so that a crash loses none) and to another only after
-- a while (so that two statuses at once do not send two).
create or replace function receipt_due(p_claim message_tracking, p_asker text) returns json
language plpgsql
as $$
declare
  v_status text;
  v_at timestamptz;
  v_error jsonb;
begin
  if p_claim.direction <> 'outbound' or p_claim.receipt_confirmed_at is not null
     or p_claim.state in ('recorded', 'replaced') then -- Genesys knows nothing of it
    return null;
  end if;
  select case when bool_or(t.status = 'failed') then 'Failed'
              when p_claim.is_final and bool_and(coalesce(t.status >= 'delivered', false)) then 'Delivered' end,
         case when bool_or(t.status = 'failed') then min(t.failed_at) filter (where t.status = 'failed')
              else max(coalesce(t.delivered_at, t.read_at, t.played_at)) end,
         (array_agg(t.error order by t.part) filter (where t.status = 'failed'))[1]
    into v_status, v_at, v_error
  from message_tracking t
  where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
    and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id;
  if v_status is null then
    return null;
  end if;

  if p_claim.receipt_asked_by is distinct from p_asker then
    if p_claim.receipt_asked_at > clock_timestamp() - interval '30 seconds' then
      return null;
    end if;
    update message_tracking t set receipt_asked_by = p_asker, receipt_asked_at = clock_timestamp()
     where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
       and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id and t.part = 1;
  end if;
  return json_build_object(
    'status', v_status, 'source_id', p_claim.source_id, 'customer', p_claim.customer,
    'to', p_claim.receipt_to, 'occurred_at', rfc3339(v_at), 'error', v_error);
end $$;

grant execute on function receipt_due to parley_functions;
