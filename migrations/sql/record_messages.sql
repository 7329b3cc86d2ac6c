-- Keeps messages that went past us: what the business wrote elsewhere (echoes), and an imported
-- history. They are never delivered and owe no receipt; statuses move them on. Known is what was
-- claimed, sent or recorded before. A customer's message or call of the last day opens
-- Meta's window.
-- Locks, in the order of all: the ids that statuses come by, the messages, people, conversations.
create or replace function record_messages(p_tenant_id uuid, p_channel_id uuid, p_messages jsonb)
returns json
language plpgsql
as $$
declare
  v_new text[];
  v_of record;
  v_who customers;
  v_mapping conversation_mappings;
  v_claim message_tracking;
  v_waiting record;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  perform lock_message_id(p_tenant_id, told.source_id)
     from (select distinct x.source_id
             from jsonb_to_recordset(p_messages) as x (direction text, source_id text)
            where x.direction = 'outbound' order by 1) as told;
  with made as (
    insert into message_tracking
      (tenant_id, channel_id, direction, source_id, part, tracking_id, customer, kind, occurred_at,
       state, attempts, is_final, outcome, target_id, status, accepted_at, sent_at, delivered_at,
       read_at, played_at, failed_at)
    select distinct on (x.source_id, x.direction)
           p_tenant_id, p_channel_id, x.direction, x.source_id, 1, gen_random_uuid(), x.customer,
           x.kind, x.occurred_at, 'recorded', 0, true,
           case x.direction when 'outbound' then 'accepted' end,
           case x.direction when 'outbound' then x.source_id end,
           case x.direction when 'outbound' then coalesce(x.status, 'accepted') else x.status end,
           case x.direction when 'outbound' then x.occurred_at end,
           case x.status when 'sent' then x.occurred_at end,
           case x.status when 'delivered' then x.occurred_at end,
           case x.status when 'read' then x.occurred_at end,
           case x.status when 'played' then x.occurred_at end,
           case x.status when 'failed' then x.occurred_at end
      from jsonb_to_recordset(p_messages) as x
           (direction text, source_id text, customer text, kind text, occurred_at timestamptz,
            status message_status)
     where x.direction = 'inbound'
        or not exists (select from message_tracking t -- our own
                        where t.tenant_id = p_tenant_id and t.target_id = x.source_id
                          and t.direction = 'outbound')
     order by x.source_id, x.direction
    on conflict do nothing
    returning direction, source_id
  )
  select array_agg(made.direction || ' ' || made.source_id) into v_new from made;
  if v_new is null then
    return json_build_object('recorded', 0, 'known', jsonb_array_length(p_messages));
  end if;

  perform lock_people(p_tenant_id, true);
  for v_of in
    select x.direction, x.customer, x.wa_id, x.aliases, x.bsuid,
           array_agg(x.source_id) as source_ids, max(x.occurred_at) as at,
           max(x.occurred_at) filter (where x.kind <> 'reaction') as wrote_at,
           (array_agg(x.source_id order by x.occurred_at desc)
             filter (where x.kind not in ('reaction', 'call')))[1] as wrote_id
      from jsonb_to_recordset(p_messages) as x
           (direction text, source_id text, customer text, wa_id text, aliases text[], bsuid text,
            kind text, occurred_at timestamptz)
     where x.direction || ' ' || x.source_id = any (v_new)
     group by 1, 2, 3, 4, 5
     order by 1, 2, 3, 5
  loop
    v_who := known_customer(p_tenant_id, v_of.direction, v_of.customer, v_of.wa_id, v_of.bsuid, null);
    if v_who.customer is null then
      v_who := settle_customer(p_tenant_id, v_of.direction, v_of.customer, v_of.wa_id, v_of.aliases,
                               v_of.bsuid, null, v_of.at);
    end if;
    if v_of.direction = 'inbound' and v_of.wrote_at > now() - interval '24 hours' then
      v_mapping := touch_conversation(p_tenant_id, p_channel_id, v_who.customer, null,
                                      least(v_of.wrote_at, now()), v_of.wrote_id, false);
    else
      select * into v_mapping from conversation_mappings m
       where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
         and m.customer = v_who.customer and m.is_current;
    end if;
    update message_tracking t
       set customer = v_who.customer,
           conversation_id = case when t.occurred_at >= v_mapping.created_at
                                  then v_mapping.conversation_id end
     where t.tenant_id = p_tenant_id and t.source_id = any (v_of.source_ids)
       and t.direction = v_of.direction and t.channel_id = p_channel_id and t.part = 1;
  end loop;

  insert into message_events
    (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
  select p_tenant_id, p_channel_id, t.customer, t.tracking_id, 1, t.direction, 'message',
         t.occurred_at, x.content
    from jsonb_to_recordset(p_messages) as x (direction text, source_id text, content jsonb)
    join message_tracking t
      on t.tenant_id = p_tenant_id and t.source_id = x.source_id and t.direction = x.direction
     and t.channel_id = p_channel_id and t.part = 1
   where x.direction || ' ' || x.source_id = any (v_new)
  on conflict do nothing;
  for v_waiting in
    with met as (
      delete from waiting_statuses w
       where w.tenant_id = p_tenant_id
         and w.message_id in (select substr(one, 10) from unnest(v_new) as one
                               where one like 'outbound %')
      returning w.message_id, w.status, w.occurred_at, w.error
    )
    select met.message_id, jsonb_agg(to_jsonb(met)) as statuses from met group by 1
  loop
    select * into v_claim from message_tracking t
     where t.tenant_id = p_tenant_id and t.source_id = v_waiting.message_id
       and t.direction = 'outbound' and t.channel_id = p_channel_id and t.part = 1
       for update;
    perform apply_statuses(v_claim, 1, v_waiting.message_id, v_waiting.statuses);
  end loop;
  return json_build_object(
    'recorded', cardinality(v_new), 'known', jsonb_array_length(p_messages) - cardinality(v_new));
end $$;

grant execute on function record_messages to parley_functions;
