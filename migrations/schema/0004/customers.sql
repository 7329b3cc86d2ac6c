-- People. `customer` is the name that conversations are kept under and that Genesys knows; it never
-- changes. The addresses do: wa_id and bsuid are those to use now. Each with the provider's time
-- from which on it is known; null: nobody but us has named it yet. `identities` has every value a
-- person ever had, until somebody else has it.
create table customers (
  tenant_id uuid not null,
  customer text not null,
  merged_into text, -- the name of the same person that is used now
  wa_id text,
  wa_id_at timestamptz,
  bsuid text,
  bsuid_at timestamptz,
  profile_name text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, customer)
) with (fillfactor = 90);
create index customers_merged on customers (tenant_id, merged_into) where merged_into is not null;

-- Moving rows is no tenant's business, and the owner would see none of them.
alter table identities no force row level security;
alter table conversation_mappings no force row level security;
insert into customers
  (tenant_id, customer, wa_id, wa_id_at, bsuid, bsuid_at, profile_name, created_at)
select i.tenant_id, i.customer,
       (array_agg(i.value order by i.updated_at desc) filter (where i.kind = 'wa_id'))[1],
       case when bool_or(wrote.once)
            then (array_agg(i.created_at order by i.updated_at desc) filter (where i.kind = 'wa_id'))[1]
       end,
       (array_agg(i.value order by i.updated_at desc) filter (where i.kind = 'bsuid'))[1],
       case when bool_or(wrote.once)
            then (array_agg(i.created_at order by i.updated_at desc) filter (where i.kind = 'bsuid'))[1]
       end,
       (array_agg(i.profile_name order by i.updated_at desc)
         filter (where i.profile_name is not null))[1],
       min(i.created_at)
  from identities i
  left join (select distinct m.tenant_id, m.customer, true as once from conversation_mappings m
              where m.last_customer_message_at is not null) as wrote using (tenant_id, customer)
 group by i.tenant_id, i.customer;
alter table conversation_mappings force row level security;
alter table identities force row level security;
alter table identities drop column profile_name;

create index conversation_mappings_customer on conversation_mappings (tenant_id, customer);

call isolate_tenants('customers');
grant select, insert, update on customers to parley_functions;
