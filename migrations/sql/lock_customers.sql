-- One at a time, for this transaction, on the conversation that was told, then on those of the customer
-- and of whose the told one is now; in one order, so that two who were told each other's never wait
-- crosswise. The told one first: of two people who are told a conversation that was nobody's, the
-- second must see whose it is. A transaction names one conversation at most.
create or replace function lock_customers(
  p_tenant_id uuid, p_channel_id uuid, p_customer text, p_conversation_id text
) returns void
language plpgsql
as $$
declare
  v_other text;
begin
  if p_conversation_id is not null then
    perform pg_advisory_xact_lock(
      hashtextextended(concat_ws(':', 'conversation', p_tenant_id, p_channel_id, p_conversation_id),
                       0));
    select m.customer into v_other from conversation_mappings m
     where m.tenant_id = p_tenant_id and m.channel_id = p_channel_id
       and m.conversation_id = p_conversation_id;
  end if;
  perform pg_advisory_xact_lock(
    hashtextextended(concat_ws(':', 'customer', p_tenant_id, p_channel_id,
                               least(p_customer, v_other)), 0));
  if v_other <> p_customer then
    perform pg_advisory_xact_lock(
      hashtextextended(concat_ws(':', 'customer', p_tenant_id, p_channel_id,
                                 greatest(p_customer, v_other)), 0));
  end if;
end $$;

grant execute on function lock_customers to parley_functions;
