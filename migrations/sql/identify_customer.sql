-- Who wrote this, or who is written to (docs/adr/0009). `p_numbers`: the number as it was given,
-- then its other spellings. Raises PY001 where people change places and `p_alone` is not true.
--   what we name ourselves     finds people, and changes nothing of them
--   a user id                  is the person; the number that comes with it is theirs from now on
--   a number                   is whose it is now; with the user id of somebody else, or after its
--                              owner left it, it is a new person's
--   number alone, id alone,    were one person all the time: they become one
--   then both
-- A message that is older than what is known moves nothing.
create or replace function identify_customer(
  p_tenant_id uuid, p_direction text, p_customer text, p_numbers text[], p_bsuid text,
  p_profile_name text, p_at timestamptz, p_alone boolean
) returns customers
language plpgsql
as $$
declare
  v_by_bsuid text;
  v_by_number text;
  v_person customers;
  v_holder customers; -- of the number
  v_here boolean;
  v_old boolean;
begin
  if p_direction = 'outbound' then
    v_person := known_customer(p_tenant_id, p_direction, p_customer, p_numbers[1], p_bsuid, null);
    if v_person.customer is null then
      select * into v_person from customers c
       where c.tenant_id = p_tenant_id
         and c.customer = identity_owner(p_tenant_id, p_numbers, p_bsuid);
    end if;
    if v_person.customer is not null then
      return v_person;
    end if;
    return new_customer(p_tenant_id, p_customer, p_numbers, p_bsuid, null, null, p_alone);
  end if;

  v_by_bsuid := identity_owner(p_tenant_id, null, p_bsuid);
  v_by_number := identity_owner(p_tenant_id, p_numbers, null);
  if v_by_bsuid is null and v_by_number is null then
    return new_customer(p_tenant_id, p_customer, p_numbers, p_bsuid, p_profile_name, p_at, p_alone);
  end if;
  if v_by_bsuid <> v_by_number and not p_alone then
    raise exception 'people change places' using errcode = 'PY001';
  end if;
  select * into v_person from customers c
   where c.tenant_id = p_tenant_id and c.customer = coalesce(v_by_bsuid, v_by_number)
     for update;
  select * into v_holder from customers c
   where c.tenant_id = p_tenant_id and c.customer = v_by_number;
  v_here := coalesce(v_holder.wa_id = any (p_numbers), false);
  -- What came in the second of a change is still of before it.
  v_old := coalesce(p_at < v_holder.wa_id_at or p_at = v_holder.wa_id_at and not v_here, false);

  if v_by_bsuid <> v_by_number then
    if v_here and v_holder.bsuid is null
       and (v_person.wa_id is null or v_holder.wa_id_at is null) then
      v_person := merge_customers(p_tenant_id, v_by_bsuid, v_by_number);
    elsif v_old then
      p_numbers := null; -- the number has its next owner already
    else
      perform leave_number(p_tenant_id, v_by_number, p_numbers, p_at);
    end if;
  elsif v_by_bsuid is null
        and (v_here and v_person.bsuid is not null and p_bsuid is not null
             or not v_here and not v_old) then
    if not p_alone then
      raise exception 'a number changes its owner' using errcode = 'PY001';
    end if;
    if v_old then
      p_numbers := null;
    else
      perform leave_number(p_tenant_id, v_by_number, p_numbers, p_at);
    end if;
    -- Named by the user id: the number may be the name of the one who had it.
    return new_customer(p_tenant_id, coalesce(p_bsuid, p_customer), p_numbers, p_bsuid,
                        p_profile_name, p_at, p_alone);
  end if;

  perform give_identities(p_tenant_id, v_person.customer, p_numbers, p_bsuid, p_alone);
  update customers c
     set wa_id = case when p_at > coalesce(c.wa_id_at, '-infinity')
                      then coalesce(p_numbers[1], c.wa_id) else c.wa_id end,
         wa_id_at = case when p_numbers is null then c.wa_id_at
                         when c.wa_id = any (p_numbers) then coalesce(c.wa_id_at, p_at)
                         else greatest(c.wa_id_at, p_at) end,
         bsuid = case when p_at > coalesce(c.bsuid_at, '-infinity')
                      then coalesce(c.bsuid, p_bsuid) else c.bsuid end,
         bsuid_at = case when p_bsuid is null or c.bsuid is not null then c.bsuid_at
                         else greatest(c.bsuid_at, p_at) end,
         profile_name = coalesce(p_profile_name, c.profile_name),
         updated_at = now()
   where c.tenant_id = p_tenant_id and c.customer = v_person.customer
  returning * into v_person;
  return v_person;
end $$;

grant execute on function identify_customer to parley_functions;
