-- The one name that a customer's conversations are kept under: the name his phone number or his
-- user id was first seen with, else the one given. `is_known`: nothing about him is new.
create or replace function canonical_customer(
  p_tenant_id uuid, p_customer text, p_wa_id text, p_bsuid text, p_profile_name text,
  out customer text, out is_known boolean
)
language sql stable
as $$
  select coalesce((array_agg(i.customer order by i.kind desc))[1], p_customer), -- wa_id before bsuid
         count(*) = num_nonnulls(p_wa_id, p_bsuid)
           and coalesce(bool_and(i.profile_name = p_profile_name or p_profile_name is null), true)
  from identities i
  where i.tenant_id = p_tenant_id
    and ((i.kind = 'wa_id' and i.value = p_wa_id) or (i.kind = 'bsuid' and i.value = p_bsuid))
$$;

grant execute on function canonical_customer to parley_functions;
