-- The person of a message, when it tells nothing new; else a row of nulls. Nearly always one look
-- at one row: the id that is given is the name. To a person named in an outbound message we hold
-- on whatever became of the addresses; of a customer's own message all must fit.
-- Nobody is kept for a name without any address: it stands for itself.
create or replace function known_customer(
  p_tenant_id uuid, p_direction text, p_customer text, p_wa_id text, p_bsuid text,
  p_profile_name text
) returns customers
language plpgsql stable
as $$
declare
  v_person customers;
  v_name text;
begin
  select * into v_person from customers c
   where c.tenant_id = p_tenant_id and c.customer = p_customer;
  if v_person.merged_into is not null then
    select * into v_person from customers c
     where c.tenant_id = p_tenant_id and c.customer = v_person.merged_into;
  end if;
  if v_person.customer is not null
     and (p_direction = 'outbound'
          or (p_wa_id is null or v_person.wa_id = p_wa_id and v_person.wa_id_at is not null)
             and (p_bsuid is null or v_person.bsuid = p_bsuid)
             and (p_profile_name is null or v_person.profile_name = p_profile_name)) then
    return v_person;
  end if;
  if p_wa_id is null and p_bsuid is null then
    v_person.customer := coalesce(v_person.customer, p_customer);
    return v_person;
  end if;

  v_name := identity_owner(p_tenant_id, array[p_wa_id], p_bsuid);
  select * into v_person from customers c
   where c.tenant_id = p_tenant_id and c.customer = v_name;
  if v_person.customer is not null
     and (p_direction = 'outbound'
          or (p_wa_id is null or v_person.wa_id = p_wa_id and v_person.wa_id_at is not null)
             and (p_bsuid is null or v_person.bsuid = p_bsuid)
             and (p_profile_name is null or v_person.profile_name = p_profile_name)) then
    return v_person;
  end if;
  return null;
end $$;

grant execute on function known_customer to parley_functions;
