-- A person who was not known. `p_at`, the provider's time, is null where we named them ourselves.
-- A name is given once: when it is another person's, the user id is taken, else one is made in the
-- form of a user id (of the country ZZ, which is none). Raises PY001 when the name is taken and
-- `p_alone` is not true.
create or replace function new_customer(
  p_tenant_id uuid, p_customer text, p_numbers text[], p_bsuid text, p_profile_name text,
  p_at timestamptz, p_alone boolean
) returns customers
language plpgsql
as $$
declare
  v_person customers;
  v_name text := p_customer;
  v_count integer := 1;
begin
  loop
    insert into customers (tenant_id, customer, wa_id, wa_id_at, bsuid, bsuid_at, profile_name)
    values (p_tenant_id, v_name, p_numbers[1], case when p_numbers is not null then p_at end,
            p_bsuid, case when p_bsuid is not null then p_at end, p_profile_name)
    on conflict do nothing
    returning * into v_person;
    exit when found;
    if not p_alone then
      raise exception 'the name is taken' using errcode = 'PY001';
    end if;
    v_count := v_count + 1;
    v_name := case when v_count = 2 and p_bsuid is not null then p_bsuid
                   else 'ZZ.' || regexp_replace(p_customer, '[^A-Za-z0-9]', '', 'g') || 'v' || v_count
              end;
  end loop;
  perform give_identities(p_tenant_id, v_name, p_numbers, p_bsuid, p_alone);
  return v_person;
end $$;

grant execute on function new_customer to parley_functions;
