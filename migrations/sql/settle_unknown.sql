-- After a status told what became of a part: a message without any unknown part is decided, or,
-- when parts are left to be tried, free for the next attempt.
create or replace function settle_unknown(p_claim message_tracking) returns message_tracking
language plpgsql
as $$
declare
  v_unknown boolean;
  v_refused boolean;
begin
  select coalesce(bool_or(t.outcome = 'unknown'), false),
         coalesce(bool_or(t.outcome = 'refused'), false)
    into v_unknown, v_refused
    from message_tracking t
   where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
     and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id;
  if v_unknown then
    return p_claim;
  end if;
  update message_tracking t
     set state = case when not t.is_final then 'claimed' when v_refused then 'refused' else 'done' end,
         attempt_id = null, unknown_since = null, updated_at = now()
   where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
     and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id and t.part = 1
  returning * into p_claim;
  return p_claim;
end $$;

grant execute on function settle_unknown to parley_functions;
