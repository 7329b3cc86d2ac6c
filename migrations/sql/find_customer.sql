-- A person as a channel knows them, by any name, number (`p_numbers`: with its other spellings) or
-- user id; or null.
create or replace function find_customer(
  p_tenant_id uuid, p_channel_id uuid, p_customer text, p_numbers text[]
) returns json
language plpgsql
as $$
declare
  v_person customers;
  v_mapping conversation_mappings;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  select * into v_person from customers c
   where c.tenant_id = p_tenant_id and c.customer = known_name(p_tenant_id, p_customer);
  if not found then
    select * into v_person from customers c
     where c.tenant_id = p_tenant_id
       and c.customer = identity_owner(p_tenant_id, p_numbers, p_customer);
  end if;
  select * into v_mapping from conversation_mappings m
   where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
     and m.customer = coalesce(v_person.customer, p_customer) and m.is_current;
  if v_person.customer is null and v_mapping.id is null then
    return null;
  end if;
  return json_build_object(
    'customer', coalesce(v_person.customer, p_customer),
    'wa_id', v_person.wa_id, 'bsuid', v_person.bsuid,
    'conversation_id', v_mapping.conversation_id,
    'last_customer_message_at', rfc3339(v_mapping.last_customer_message_at),
    'last_customer_message_id', v_mapping.last_customer_message_id);
end $$;

grant execute on function find_customer to parley_functions;
