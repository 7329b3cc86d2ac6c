-- The person of a message that tells something new (see known_customer): found, made, moved or
-- made one with another. Mostly somebody is new or learns one more value, beside others at the same
-- time; when it turns out that people must change places, all is undone and done again alone.
create or replace function settle_customer(
  p_tenant_id uuid, p_direction text, p_customer text, p_wa_id text, p_aliases text[],
  p_bsuid text, p_profile_name text, p_at timestamptz
) returns customers
language plpgsql
as $$
declare
  v_numbers constant text[] := case when p_wa_id is not null then array[p_wa_id] || p_aliases end;
begin
  begin
    perform lock_people(p_tenant_id, false);
    return identify_customer(p_tenant_id, p_direction, p_customer, v_numbers, p_bsuid,
                             p_profile_name, p_at, false);
  exception when sqlstate 'PY001' then
    null; -- the shared lock is given back
  end;
  perform lock_people(p_tenant_id, true);
  return identify_customer(p_tenant_id, p_direction, p_customer, v_numbers, p_bsuid,
                           p_profile_name, p_at, true);
end $$;

grant execute on function settle_customer to parley_functions;
