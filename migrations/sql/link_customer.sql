-- WhatsApp says that whom it called by the previous number or user id it calls by the current ones
-- from `p_at` on. Returns the person's name; null when it named nobody. The first of each array is
-- the number as it was given.
-- A user id changes with the number (contracts/meta.md b.3): when only the number is told, the next
-- user id that comes with it is theirs.
create or replace function link_customer(
  p_tenant_id uuid, p_previous_numbers text[], p_previous_bsuid text,
  p_current_numbers text[], p_current_bsuid text, p_at timestamptz
) returns text
language plpgsql
as $$
declare
  v_person customers;
  v_other customers;
  v_name text;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  perform lock_people(p_tenant_id, true);
  if coalesce(p_current_numbers[1], p_current_bsuid) is null then
    return identity_owner(p_tenant_id, p_previous_numbers, p_previous_bsuid);
  end if;

  select * into v_person from customers c
   where c.tenant_id = p_tenant_id
     and c.customer = identity_owner(p_tenant_id, null, p_previous_bsuid);
  select * into v_other from customers c
   where c.tenant_id = p_tenant_id
     and c.customer = identity_owner(p_tenant_id, p_previous_numbers, null)
     -- unless somebody else has had the number since
     and not (c.wa_id = any (p_previous_numbers) and coalesce(c.wa_id_at > p_at, false));
  if v_person.customer is null then
    v_person := v_other;
  elsif v_other.customer <> v_person.customer and v_other.wa_id = any (p_previous_numbers) then
    v_person := merge_customers(p_tenant_id, v_person.customer, v_other.customer);
  end if;

  v_name := identity_owner(p_tenant_id, null, p_current_bsuid);
  if v_person.customer is null then
    select * into v_person from customers c where c.tenant_id = p_tenant_id and c.customer = v_name;
  elsif v_name <> v_person.customer then
    v_person := merge_customers(p_tenant_id, v_person.customer, v_name);
  end if;

  select * into v_other from customers c
   where c.tenant_id = p_tenant_id
     and c.customer = identity_owner(p_tenant_id, p_current_numbers, null);
  if v_person.customer is null then
    v_person := v_other;
  elsif v_other.customer <> v_person.customer then
    if v_other.wa_id = any (p_current_numbers) and coalesce(v_other.wa_id_at >= p_at, true) then
      if coalesce(v_person.wa_id_at <= p_at, true) then -- they wrote before this came
        v_person := merge_customers(p_tenant_id, v_person.customer, v_other.customer);
      else
        p_current_numbers := null; -- both have moved on
      end if;
    else
      perform leave_number(p_tenant_id, v_other.customer, p_current_numbers, p_at);
    end if;
  end if;

  if v_person.customer is null then
    v_person := new_customer(p_tenant_id, coalesce(p_current_numbers[1], p_current_bsuid),
                             p_current_numbers, p_current_bsuid, null, p_at, true);
  end if;
  -- What they were called before leads to them as well, unless it is somebody else's by now.
  perform give_identities(
    p_tenant_id, v_person.customer,
    (select array_agg(number) from unnest(p_previous_numbers) as number
      where identity_owner(p_tenant_id, array[number], null) is null),
    case when identity_owner(p_tenant_id, null, p_previous_bsuid) is null then p_previous_bsuid end,
    true);
  perform give_identities(p_tenant_id, v_person.customer, p_current_numbers, p_current_bsuid, true);

  update customers c
     set bsuid = case when coalesce(c.bsuid_at > p_at, false) then c.bsuid
                      when p_current_bsuid is not null then p_current_bsuid
                      when p_current_numbers is null or c.wa_id = any (p_current_numbers)
                      then c.bsuid end,
         bsuid_at = case when p_current_bsuid is not null
                           or p_current_numbers is not null
                              and not coalesce(c.wa_id = any (p_current_numbers), false)
                         then greatest(c.bsuid_at, p_at) else c.bsuid_at end,
         wa_id = case when coalesce(c.wa_id_at > p_at, false) then c.wa_id
                      else coalesce(p_current_numbers[1], c.wa_id) end,
         wa_id_at = case when p_current_numbers is null then c.wa_id_at
                         when c.wa_id = any (p_current_numbers) then coalesce(c.wa_id_at, p_at)
                         else greatest(c.wa_id_at, p_at) end,
         updated_at = now()
   where c.tenant_id = p_tenant_id and c.customer = v_person.customer;
  return v_person.customer;
end $$;

grant execute on function link_customer to parley_functions;
