-- Who a person is, by a number in all its spellings or a user id; for the owner of the tables alone.
-- `names`: every name that conversations were ever kept under; a number that nobody has stands for
-- itself. `numbers` and `bsuids`: every address that is theirs now. `messages`: ids at either side and
-- our own.
create or replace function erasure_person(p_tenant_id uuid, p_numbers text[], p_bsuids text[])
returns json
language plpgsql stable
as $$
declare
  v_names text[];
  v_numbers text[];
  v_bsuids text[];
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  select array_agg(distinct known_name(p_tenant_id, i.customer)) into v_names
    from identities i
   where i.tenant_id = p_tenant_id
     and (i.kind = 'wa_id' and i.value = any (p_numbers)
          or i.kind = 'bsuid' and i.value = any (p_bsuids));
  if v_names is null then
    select array_agg(given) into v_names from unnest(p_numbers || p_bsuids) given
     where not exists (select from identities i
                        where i.tenant_id = p_tenant_id and i.customer = given);
  end if;
  v_names := coalesce(v_names, '{}') || array(
    select c.customer from customers c
     where c.tenant_id = p_tenant_id and c.merged_into = any (v_names));
  select coalesce(array_agg(i.value) filter (where i.kind = 'wa_id'), '{}'),
         coalesce(array_agg(i.value) filter (where i.kind = 'bsuid'), '{}')
    into v_numbers, v_bsuids
    from identities i where i.tenant_id = p_tenant_id and i.customer = any (v_names);
  return json_build_object(
    'names', v_names,
    'numbers', v_numbers || p_numbers,
    'bsuids', v_bsuids || p_bsuids,
    'messages', (select coalesce(json_agg(distinct told.id), '[]')
                   from message_tracking t,
                        unnest(array[t.source_id, t.target_id, t.tracking_id::text]) as told (id)
                  where t.tenant_id = p_tenant_id and t.customer = any (v_names)
                    and told.id is not null),
    'events', (select coalesce(json_agg(t.event_id), '[]') from message_tracking t
                where t.tenant_id = p_tenant_id and t.customer = any (v_names)
                  and t.event_id is not null and t.part = 1),
    'conversations', (select coalesce(json_agg(distinct m.conversation_id), '[]')
                        from conversation_mappings m
                       where m.tenant_id = p_tenant_id and m.customer = any (v_names)
                         and m.conversation_id is not null),
    'channels', (select coalesce(json_agg(json_build_object(
                          'id', c.id, 'phone_number_id', c.phone_number_id, 'waba_id', c.waba_id)), '[]')
                   from channels c where c.tenant_id = p_tenant_id));
end $$;
