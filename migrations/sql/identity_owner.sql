-- The name of whom a user id belongs to, else of whom one of the numbers does, the first found. One
-- look-up each: `or` becomes a scan of the whole tenant, and so may `any` before statistics are kept.
create or replace function identity_owner(p_tenant_id uuid, p_numbers text[], p_bsuid text)
returns text
language plpgsql stable
as $$
declare
  v_name text;
  v_number text;
begin
  if p_bsuid is not null then
    select i.customer into v_name from identities i
     where i.tenant_id = p_tenant_id and i.kind = 'bsuid' and i.value = p_bsuid;
  end if;
  foreach v_number in array coalesce(p_numbers, '{}') loop
    exit when v_name is not null;
    select i.customer into v_name from identities i
     where i.tenant_id = p_tenant_id and i.kind = 'wa_id' and i.value = v_number;
  end loop;
  return v_name;
end $$;

grant execute on function identity_owner to parley_functions;
