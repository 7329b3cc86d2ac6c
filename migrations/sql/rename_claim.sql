-- Puts a message under the person whom its claim turned out to be of, and in their conversation.
-- `p_claim` is its part 1, ours. Its receipt still goes to the name that it came with.
create or replace function rename_claim(
  p_claim message_tracking, p_mapping conversation_mappings, p_conversation_id text
) returns message_tracking
language plpgsql
as $$
begin
  update message_tracking t
     set customer = p_mapping.customer,
         conversation_id = coalesce(p_conversation_id, p_mapping.conversation_id),
         receipt_to = coalesce(t.receipt_to,
                               case when t.direction = 'outbound' and t.customer <> p_mapping.customer
                                    then receipt_address(t.customer) end)
   where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
     and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id and t.part = 1
  returning * into p_claim;
  return p_claim;
end $$;

grant execute on function rename_claim to parley_functions;
