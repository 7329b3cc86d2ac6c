-- A message by its id at either side, with all its parts, or null.
create or replace function find_message(p_tenant_id uuid, p_message_id text) returns json
language plpgsql
as $$
declare
  v_found message_tracking;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  select * into v_found from (
    select * from message_tracking t where t.tenant_id = p_tenant_id and t.source_id = p_message_id
       and t.state is distinct from 'replaced'
    union all
    select * from message_tracking t where t.tenant_id = p_tenant_id and t.target_id = p_message_id
  ) as t order by t.created_at limit 1;
  if not found then
    return null;
  end if;
  return (
    select json_build_object(
      'source_id', one.source_id, 'tracking_id', one.tracking_id, 'channel_id', one.channel_id,
      'direction', one.direction, 'customer', one.customer, 'conversation_id', one.conversation_id,
      'kind', one.kind, 'occurred_at', rfc3339(one.occurred_at), 'state', one.state,
      'attempts', one.attempts, 'raw_ref', one.raw_ref,
      'receipt_status', one.receipt_status,
      'receipt_confirmed_at', rfc3339(one.receipt_confirmed_at),
      'parts', (
        select json_agg(json_build_object(
                 'part', t.part, 'target_id', t.target_id, 'status', t.status,
                 'outcome', t.outcome, 'error', t.error,
                 'accepted_at', rfc3339(t.accepted_at), 'sent_at', rfc3339(t.sent_at),
                 'delivered_at', rfc3339(t.delivered_at), 'read_at', rfc3339(t.read_at),
                 'played_at', rfc3339(t.played_at), 'failed_at', rfc3339(t.failed_at))
                 order by t.part)
        from message_tracking t
        where t.tenant_id = p_tenant_id and t.tracking_id = one.tracking_id))
    from message_tracking one
    where one.tenant_id = p_tenant_id and one.tracking_id = v_found.tracking_id and one.part = 1);
end $$;

grant execute on function find_message to parley_functions;
