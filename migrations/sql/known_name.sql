-- The name that is used now of whoever had this one.
create or replace function known_name(p_tenant_id uuid, p_customer text) returns text
language plpgsql stable
as $$
begin
  return coalesce((select c.merged_into from customers c
                    where c.tenant_id = p_tenant_id and c.customer = p_customer), p_customer);
end $$;

grant execute on function known_name to parley_functions;
