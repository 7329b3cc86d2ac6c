-- Keeps what WhatsApp calls a customer by. In one order of kinds, so that two messages of one
-- customer never wait for each other crosswise.
create or replace function remember_identities(
  p_tenant_id uuid, p_customer text, p_wa_id text, p_bsuid text, p_profile_name text
) returns void
language plpgsql
as $$
begin
  insert into identities as known (tenant_id, kind, value, customer, profile_name)
  select p_tenant_id, given.kind, given.value, p_customer, p_profile_name
  from (values ('bsuid', p_bsuid), ('wa_id', p_wa_id)) as given (kind, value)
  where given.value is not null
  order by given.kind
  on conflict (tenant_id, kind, value) do update
    set profile_name = coalesce(excluded.profile_name, known.profile_name), updated_at = now();
end $$;

grant execute on function remember_identities to parley_functions;
