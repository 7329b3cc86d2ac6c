-- A conversation as `GET /state/conversation/{id}` answers it.
create or replace function conversation_json(p_mapping conversation_mappings) returns json
language plpgsql stable
as $$
begin
  return json_build_object(
    'conversation_id', p_mapping.conversation_id,
    'tenant_id', p_mapping.tenant_id,
    'channel_id', p_mapping.channel_id,
    'customer', p_mapping.customer,
    'wa_id', (select c.wa_id from customers c
               where c.tenant_id = p_mapping.tenant_id and c.customer = p_mapping.customer),
    'last_activity_at', rfc3339(p_mapping.last_activity_at),
    'last_customer_message_at', rfc3339(p_mapping.last_customer_message_at));
end $$;

grant execute on function conversation_json to parley_functions;
