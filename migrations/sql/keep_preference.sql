-- What a person wants no more of, or again: the last word by the provider's time counts.
create or replace function keep_preference(
  p_tenant_id uuid, p_channel_id uuid, p_wa_id text, p_aliases text[], p_bsuid text,
  p_category text, p_value text, p_occurred_at timestamptz
) returns json
language plpgsql
as $$
declare
  v_who customers;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  if p_wa_id is null and p_bsuid is null then
    return json_build_object('changed', false);
  end if;
  v_who := settle_customer(p_tenant_id, 'inbound', coalesce(p_wa_id, p_bsuid), p_wa_id, p_aliases,
                           p_bsuid, null, p_occurred_at);
  insert into opt_outs as o (tenant_id, channel_id, customer, category, value, occurred_at)
  values (p_tenant_id, p_channel_id, v_who.customer, p_category, p_value, p_occurred_at)
  on conflict (tenant_id, channel_id, customer, category) do update
    set value = excluded.value, occurred_at = excluded.occurred_at, recorded_at = now()
    where o.occurred_at <= excluded.occurred_at and o.value <> excluded.value;
  return json_build_object('customer', v_who.customer, 'changed', found);
end $$;

grant execute on function keep_preference to parley_functions;
