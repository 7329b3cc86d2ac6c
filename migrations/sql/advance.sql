-- The one rule of statuses: the later in the order of message_status wins, whichever came first.
create or replace function advance(p_current message_status, p_incoming message_status)
returns message_status
language sql immutable parallel safe
as $$
  select greatest(p_current, p_incoming)
$$;

grant execute on function advance to parley_functions;
