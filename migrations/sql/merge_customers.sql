-- Two names turn out to be one person's: the one whose conversation is newer stays, the other
-- leads to it, with its conversations, so that a late answer there still finds the person. What
-- was written under the other name keeps it. For whoever holds lock_people alone.
create or replace function merge_customers(p_tenant_id uuid, p_one text, p_other text)
returns customers
language plpgsql
as $$
declare
  v_stays customers;
  v_goes customers;
begin
  select c.* into v_stays from customers c
    left join conversation_mappings m
      on m.tenant_id = c.tenant_id and m.customer = c.customer and m.is_current
   where c.tenant_id = p_tenant_id and c.customer in (p_one, p_other)
   order by m.conversation_id is not null desc, m.last_activity_at desc nulls last, c.created_at,
            c.customer
   limit 1;
  select * into v_goes from customers c
   where c.tenant_id = p_tenant_id and c.customer in (p_one, p_other)
     and c.customer <> v_stays.customer;

  update conversation_mappings m
     set last_customer_message_at = other.last_customer_message_at,
         last_customer_message_id = other.last_customer_message_id
    from conversation_mappings other
   where m.tenant_id = p_tenant_id and m.customer = v_stays.customer and m.is_current
     and other.tenant_id = p_tenant_id and other.customer = v_goes.customer and other.is_current
     and other.channel_id = m.channel_id
     and other.last_customer_message_at > coalesce(m.last_customer_message_at, '-infinity');
  update conversation_mappings m
     set customer = v_stays.customer,
         is_current = m.is_current
           and not exists (select from conversation_mappings mine
                            where mine.tenant_id = p_tenant_id and mine.channel_id = m.channel_id
                              and mine.customer = v_stays.customer and mine.is_current)
   where m.tenant_id = p_tenant_id and m.customer = v_goes.customer;
  update identities i set customer = v_stays.customer, updated_at = now()
   where i.tenant_id = p_tenant_id and i.customer = v_goes.customer;
  insert into opt_outs as o (tenant_id, channel_id, customer, category, value, occurred_at)
  select w.tenant_id, w.channel_id, v_stays.customer, w.category, w.value, w.occurred_at
    from opt_outs w where w.tenant_id = p_tenant_id and w.customer = v_goes.customer
  on conflict (tenant_id, channel_id, customer, category) do update
    set value = excluded.value, occurred_at = excluded.occurred_at, recorded_at = now()
    where o.occurred_at < excluded.occurred_at;

  update customers c set merged_into = v_stays.customer, updated_at = now()
   where c.tenant_id = p_tenant_id
     and (c.customer = v_goes.customer or c.merged_into = v_goes.customer);
  if v_goes.wa_id is not null
     and (v_stays.wa_id is null or v_goes.wa_id_at > coalesce(v_stays.wa_id_at, '-infinity')) then
    v_stays.wa_id := v_goes.wa_id;
    v_stays.wa_id_at := v_goes.wa_id_at;
  end if;
  if v_goes.bsuid is not null
     and (v_stays.bsuid is null or v_goes.bsuid_at > coalesce(v_stays.bsuid_at, '-infinity')) then
    v_stays.bsuid := v_goes.bsuid;
    v_stays.bsuid_at := v_goes.bsuid_at;
  end if;
  update customers c
     set wa_id = v_stays.wa_id, wa_id_at = v_stays.wa_id_at,
         bsuid = v_stays.bsuid, bsuid_at = v_stays.bsuid_at,
         profile_name = coalesce(c.profile_name, v_goes.profile_name), updated_at = now()
   where c.tenant_id = p_tenant_id and c.customer = v_stays.customer
  returning * into v_stays;
  return v_stays;
end $$;

grant execute on function merge_customers to parley_functions;
