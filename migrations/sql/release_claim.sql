-- Gives a claim back, so that the next attempt need not wait for its lease; also late, when the
-- lease has ended meanwhile. A message of which a part is unknown stays so. Returns false when
-- `p_attempt_id` does not hold it.
create or replace function release_claim(
  p_tenant_id uuid, p_channel_id uuid, p_direction text, p_source_id text, p_attempt_id uuid
) returns boolean
language plpgsql
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  update message_tracking t
     set state = 'claimed', attempt_id = null, lease_until = null, unknown_since = null,
         updated_at = now()
   where t.tenant_id = p_tenant_id and t.source_id = p_source_id and t.direction = p_direction
     and t.channel_id = p_channel_id and t.part = 1
     and t.attempt_id = p_attempt_id
     and (t.state = 'claimed'
          or t.state = 'unknown'
             and not exists (select from message_tracking x
                              where x.tenant_id = p_tenant_id and x.source_id = p_source_id
                                and x.direction = p_direction and x.channel_id = p_channel_id
                                and x.outcome = 'unknown'));
  return found;
end $$;

grant execute on function release_claim to parley_functions;
