-- Numbers and a user id are this person's from now on. In one order, so that two messages of one
-- person never wait for each other crosswise. Raises PY001 when one of them is somebody else's and
-- `p_alone` is not true.
create or replace function give_identities(
  p_tenant_id uuid, p_customer text, p_numbers text[], p_bsuid text, p_alone boolean
) returns void
language plpgsql
as $$
declare
  v_numbers constant text[] := coalesce(p_numbers, '{}');
  v_number text;
  v_given integer;
begin
  insert into identities as known (tenant_id, kind, value, customer)
  select distinct p_tenant_id, given.kind, given.value, p_customer
    from (select 'bsuid' as kind, p_bsuid as value
          union all
          select 'wa_id', number from unnest(v_numbers) as number) as given
   where given.value is not null
   order by 2, 3
  on conflict (tenant_id, kind, value) do update
    set customer = excluded.customer, updated_at = now()
    where p_alone and known.customer <> excluded.customer;
  get diagnostics v_given = row_count;
  if not p_alone and v_given < cardinality(v_numbers) + (p_bsuid is not null)::integer then
    if identity_owner(p_tenant_id, null, p_bsuid) <> p_customer then
      raise exception 'somebody else has the user id' using errcode = 'PY001';
    end if;
    foreach v_number in array v_numbers loop
      if identity_owner(p_tenant_id, array[v_number], null) <> p_customer then
        raise exception 'somebody else has the number' using errcode = 'PY001';
      end if;
    end loop;
  end if;
end $$;

grant execute on function give_identities to parley_functions;
