-- The customer behind a conversation id, current or old, or null; notes nothing.
create or replace function read_conversation(
  p_tenant_id uuid, p_channel_id uuid, p_conversation_id text
) returns json
language plpgsql
as $$
declare
  v_mapping conversation_mappings;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  select * into v_mapping from conversation_mappings m
   where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
     and m.conversation_id = p_conversation_id;
  return case when found then conversation_json(v_mapping) end;
end $$;

grant execute on function read_conversation to parley_functions;
