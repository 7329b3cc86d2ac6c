-- One at a time, for this transaction, on an id that statuses come by: the answer of a send and a
-- status of the same message may race, and neither may miss the other.
create or replace function lock_message_id(p_tenant_id uuid, p_message_id text) returns void
language plpgsql
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(concat_ws(':', p_tenant_id, p_message_id), 0));
end $$;

grant execute on function lock_message_id to parley_functions;
