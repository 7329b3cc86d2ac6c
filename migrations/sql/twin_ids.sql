-- The other ids of one message. WhatsApp gives a message to and from one person an id that holds, in
-- base64, the person as number or as user id, and then a token: whoever reads it by the other one
-- names another id with the same token. Given one id, those with each other address of the person.
-- An id of any other form has none. The bytes: 1C 18, the person's length, the person, the rest.
create or replace function twin_ids(p_tenant_id uuid, p_customer text, p_message_id text)
returns text[]
language plpgsql stable
as $$
declare
  v_plain constant text := rtrim(substr(p_message_id, 7), '=');
  v_bytes bytea;
  v_rest bytea;
begin
  if p_message_id !~ '^wamid\.[A-Za-z0-9+/]{16,240}={0,2}$' or length(v_plain) % 4 = 1 then
    return '{}';
  end if;
  v_bytes := decode(rpad(v_plain, (length(v_plain) + 3) / 4 * 4, '='), 'base64');
  if get_byte(v_bytes, 0) <> 28 or get_byte(v_bytes, 1) <> 24 or get_byte(v_bytes, 2) > 127
     or octet_length(v_bytes) <= 3 + get_byte(v_bytes, 2) then
    return '{}';
  end if;
  v_rest := substring(v_bytes from 4 + get_byte(v_bytes, 2));
  return coalesce((
    select array_agg(distinct spelled.id)
      from (select i.value from identities i
             where i.tenant_id = p_tenant_id
               and i.customer = known_name(p_tenant_id, p_customer)
               and octet_length(i.value) <= 127
             order by i.updated_at desc limit 20) as known,
           lateral (select 'wamid.' || translate(encode(
             '\x1c18'::bytea || set_byte('\x00'::bytea, 0, octet_length(known.value))
               || convert_to(known.value, 'UTF8') || v_rest, 'base64'), E'\n', '') as id) as made,
           lateral (values (made.id), (rtrim(made.id, '='))) as spelled (id)
     where spelled.id <> p_message_id), '{}');
end $$;

grant execute on function twin_ids to parley_functions;
