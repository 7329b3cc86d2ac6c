-- Whether a message is of the channel and person of another one, under any of the person's names.
create or replace function is_theirs(p_message message_tracking, p_claim message_tracking)
returns boolean
language plpgsql stable
as $$
begin
  return p_message.channel_id = p_claim.channel_id
    and p_message.state is distinct from 'replaced'
    and (p_message.customer = p_claim.customer
         or known_name(p_message.tenant_id, p_message.customer)
            = known_name(p_claim.tenant_id, p_claim.customer));
end $$;

grant execute on function is_theirs to parley_functions;
