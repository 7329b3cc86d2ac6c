-- As link_customer, but only of a person who is known by what they were called before: nobody is
-- made, and of a stranger nothing is locked. Null: nobody is known so.
create or replace function link_known_customer(
  p_tenant_id uuid, p_previous_numbers text[], p_previous_bsuid text,
  p_current_numbers text[], p_current_bsuid text, p_at timestamptz
) returns text
language plpgsql
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  if identity_owner(p_tenant_id, p_previous_numbers, p_previous_bsuid) is null then
    return null;
  end if;
  return link_customer(p_tenant_id, p_previous_numbers, p_previous_bsuid, p_current_numbers,
                       p_current_bsuid, p_at);
end $$;

grant execute on function link_known_customer to parley_functions;
