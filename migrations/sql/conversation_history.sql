-- The messages of a conversation, newest first, at most `p_limit`, older than `p_before` (null:
-- from the newest on). Content is what the claim gave history to show. What went again of a message
-- is that message, and no other one.
create or replace function conversation_history(
  p_tenant_id uuid, p_conversation_id text, p_limit integer, p_before timestamptz
) returns json
language plpgsql
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return (
    select coalesce(json_agg(json_build_object(
             'source_id', one.source_id, 'direction', one.direction, 'customer', one.customer,
             'kind', one.kind, 'occurred_at', rfc3339(one.occurred_at), 'state', one.state,
             'status', (select min(t.status) from message_tracking t
                         where t.tenant_id = p_tenant_id and t.tracking_id = one.tracking_id),
             'content', (select e.content from message_events e
                          where e.tenant_id = p_tenant_id and e.tracking_id = one.tracking_id
                            and e.part = 1 and e.kind = 'message' and e.at = one.occurred_at))
             order by one.occurred_at desc, one.created_at desc), '[]')
    from (
      select * from message_tracking t
       where t.tenant_id = p_tenant_id and t.conversation_id = p_conversation_id and t.part = 1
         and (p_before is null or t.occurred_at < p_before)
         and t.source_id !~ '#again[0-9]+$'
       order by t.occurred_at desc, t.created_at desc
       limit p_limit
    ) as one);
end $$;

grant execute on function conversation_history to parley_functions;
