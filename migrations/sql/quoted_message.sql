-- The message that `p_claim` is about: by the tracking id that a tapped option carried, else by the
-- id at either side, else by one of its twins (see twin_ids). Of the same channel and person alone,
-- under any of their names; else null.
create or replace function quoted_message(
  p_claim message_tracking, p_reply_to text, p_tapped uuid
) returns json
language plpgsql stable
as $$
declare
  v_found message_tracking;
  v_id text;
begin
  select t.* into v_found from message_tracking t
   where t.tenant_id = p_claim.tenant_id and t.tracking_id = p_tapped and t.part = 1
     and is_theirs(t, p_claim);
  if not found and p_reply_to is not null then
    foreach v_id in array
      array[p_reply_to] || twin_ids(p_claim.tenant_id, p_claim.customer, p_reply_to)
    loop
      select * into v_found from (
        select * from message_tracking t
         where t.tenant_id = p_claim.tenant_id and t.source_id = v_id and t.part = 1
           and is_theirs(t, p_claim)
        union all
        select * from message_tracking t
         where t.tenant_id = p_claim.tenant_id and t.target_id = v_id
           and is_theirs(t, p_claim)
      ) as t order by t.created_at limit 1;
      exit when found;
    end loop;
  end if;
  if v_found.tracking_id is null then
    return null;
  end if;
  return (
    select json_build_object(
      'source_id', v_found.source_id, 'target_id', v_found.target_id,
      'tracking_id', v_found.tracking_id, 'direction', v_found.direction, 'kind', v_found.kind,
      'text', e.content ->> 'text',
      'options', case jsonb_typeof(e.content -> 'options') when 'array' then e.content -> 'options'
                      else '[]' end,
      'customer', v_found.customer)
    from (select) as one
    left join message_events e
      on e.tenant_id = v_found.tenant_id and e.tracking_id = v_found.tracking_id and e.part = 1
     and e.kind = 'message' and e.at = v_found.occurred_at);
end $$;

grant execute on function quoted_message to parley_functions;
