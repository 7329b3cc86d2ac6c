-- Notes activity in a customer's conversation and returns its mapping; makes or switches it when
-- needed. `p_promote`: Genesys has just put a message of the customer there, so it is the current
-- one. Otherwise a known id is only touched (a late answer in an old conversation changes nothing)
-- and an unknown one is taken as new. `p_customer_message_at` is null unless the customer wrote
-- what opens Meta's window; with no id it was a call, which no read mark can name. A name that has become another's leads there: see the row's customer.
create or replace function touch_conversation(
  p_tenant_id uuid, p_channel_id uuid, p_customer text, p_conversation_id text,
  p_customer_message_at timestamptz, p_customer_message_id text, p_promote boolean
) returns conversation_mappings
language plpgsql
as $$
declare
  v_current conversation_mappings;
  v_told conversation_mappings;
begin
  -- First of all locks on names, and never one on a row before them: an update that waited for a row
  -- and finds it changed keeps it locked.
  perform lock_people(p_tenant_id, false);
  p_customer := known_name(p_tenant_id, p_customer);
  perform lock_customers(p_tenant_id, p_channel_id, p_customer, p_conversation_id);
  -- Nearly always: the current conversation goes on.
  update conversation_mappings m
     set last_activity_at = now(),
         last_customer_message_at = greatest(m.last_customer_message_at, p_customer_message_at),
         last_customer_message_id =
           case when p_customer_message_at >= coalesce(m.last_customer_message_at, '-infinity')
                then coalesce(p_customer_message_id, m.last_customer_message_id)
                else m.last_customer_message_id end
   where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id and m.customer = p_customer
     and m.is_current
     and (p_conversation_id is null or m.conversation_id = p_conversation_id)
  returning * into v_current;
  if found then
    return v_current;
  end if;

  select * into v_current from conversation_mappings m
   where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id and m.customer = p_customer
     and m.is_current
     for update;
  if p_customer_message_at >= coalesce(v_current.last_customer_message_at, '-infinity') then
    v_current.last_customer_message_at := p_customer_message_at;
    v_current.last_customer_message_id :=
      coalesce(p_customer_message_id, v_current.last_customer_message_id);
  end if;
  if p_conversation_id is not null then
    select * into v_told from conversation_mappings m
     where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
       and m.conversation_id = p_conversation_id
       for update;
    if v_told.id is not null and not p_promote then
      if v_told.customer = p_customer then
        update conversation_mappings m set last_activity_at = now()
         where m.id = v_told.id returning * into v_told;
        if v_current.last_customer_message_at
           >= coalesce(v_told.last_customer_message_at, '-infinity') then
          v_told.last_customer_message_at := v_current.last_customer_message_at;
          v_told.last_customer_message_id := v_current.last_customer_message_id;
        end if;
        return v_told;
      end if;
      p_conversation_id := null; -- another customer's: not ours to take over
    end if;
  end if;

  if v_current.id is not null
     and (p_conversation_id is null or v_current.conversation_id = p_conversation_id
          or (v_current.conversation_id is null and v_told.id is null)) then
    update conversation_mappings m
       set last_activity_at = now(),
           last_customer_message_at = v_current.last_customer_message_at,
           last_customer_message_id = v_current.last_customer_message_id,
           conversation_id = coalesce(m.conversation_id, p_conversation_id)
     where m.id = v_current.id returning * into v_current;
    return v_current;
  end if;

  if v_told.customer = p_customer
     and v_told.last_customer_message_at
         > coalesce(v_current.last_customer_message_at, '-infinity') then
    v_current.last_customer_message_at := v_told.last_customer_message_at;
    v_current.last_customer_message_id := v_told.last_customer_message_id;
  end if;
  update conversation_mappings m set is_current = false where m.id = v_current.id;
  insert into conversation_mappings as m
    (tenant_id, channel_id, customer, conversation_id, last_customer_message_at,
     last_customer_message_id)
  values
    (p_tenant_id, p_channel_id, p_customer, p_conversation_id,
     v_current.last_customer_message_at, v_current.last_customer_message_id)
  on conflict (tenant_id, channel_id, conversation_id) where conversation_id is not null do update
    set customer = excluded.customer, is_current = true, last_activity_at = now(),
        last_customer_message_at = excluded.last_customer_message_at,
        last_customer_message_id = excluded.last_customer_message_id
  returning * into v_current;
  return v_current;
end $$;

grant execute on function touch_conversation to parley_functions;
