-- An echo that came before the answer of its send was recorded as a message of its own: ours stands
-- for both, and takes over what statuses have told of it. The caller holds the ids' locks.
create or replace function replace_echoes(p_claim message_tracking, p_parts jsonb) returns void
language plpgsql
as $$
begin
  with echo as (
    update message_tracking t
       set state = 'replaced', target_id = null, conversation_id = null, updated_at = now()
     where t.tenant_id = p_claim.tenant_id and t.channel_id = p_claim.channel_id
       and t.direction = 'outbound' and t.part = 1 and t.state = 'recorded'
       and t.source_id in (select x.target_id from jsonb_to_recordset(p_parts) as x (target_id text))
    returning *
  )
  insert into waiting_statuses (tenant_id, message_id, status, occurred_at, error)
  select echo.tenant_id, echo.source_id, told.status::message_status, told.at,
         case told.status when 'failed' then echo.error end
    from echo, lateral (values ('sent', echo.sent_at), ('delivered', echo.delivered_at),
                               ('read', echo.read_at), ('played', echo.played_at),
                               ('failed', echo.failed_at)) as told (status, at)
   where told.at is not null
  on conflict do nothing;
end $$;

grant execute on function replace_echoes to parley_functions;
