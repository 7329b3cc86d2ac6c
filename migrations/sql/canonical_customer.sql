-- The one name that a customer's conversations are kept under: the name his phone number or his
-- user id was first seen with, else the one given. `is_known`: nothing about him is new.
-- Two look-ups and not one with `or`, which becomes a scan of the whole tenant. Not in language
-- sql, which plans anew at each call.
create or replace function canonical_customer(
  p_tenant_id uuid, p_customer text, p_wa_id text, p_bsuid text, p_profile_name text,
  out customer text, out is_known boolean
)
language plpgsql stable
as $$
declare
  v_wa_id identities;
  v_bsuid identities;
begin
  if p_wa_id is not null then
    select * into v_wa_id from identities i
     where i.tenant_id = p_tenant_id and i.kind = 'wa_id' and i.value = p_wa_id;
  end if;
  if p_bsuid is not null then
    select * into v_bsuid from identities i
     where i.tenant_id = p_tenant_id and i.kind = 'bsuid' and i.value = p_bsuid;
  end if;
  customer := coalesce(v_wa_id.customer, v_bsuid.customer, p_customer);
  is_known := (p_wa_id is null or v_wa_id.customer is not null)
    and (p_bsuid is null or v_bsuid.customer is not null)
    and (p_profile_name is null
         or p_profile_name is not distinct from coalesce(v_wa_id.profile_name, v_bsuid.profile_name));
end $$;

grant execute on function canonical_customer to parley_functions;
