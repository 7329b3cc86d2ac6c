-- Who is who changes under this lock, a tenant: shared by all who go by a name (every message of a
-- customer or to one, from its conversation on) and by who is added or learns one more value;
-- `p_alone` where a value goes from one person to another or two become one. Nobody asks for it alone
-- while holding it shared (settle_customer gives it back first), so nobody waits in a ring. It comes
-- after the locks on messages and before those on conversations.
create or replace function lock_people(p_tenant_id uuid, p_alone boolean) returns void
language plpgsql
as $$
begin
  if p_alone then
    perform pg_advisory_xact_lock(hashtextextended(concat_ws(':', 'people', p_tenant_id), 0));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(concat_ws(':', 'people', p_tenant_id), 0));
  end if;
end $$;

grant execute on function lock_people to parley_functions;
