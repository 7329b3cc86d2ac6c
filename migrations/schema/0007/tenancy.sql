-- Keys of Redis that a change has made wrong: written with the change, gone once Redis has agreed.
-- A tenancy function that ends while Redis is away leaves them to the next one.
create table stale_keys (
  key text primary key,
  tenant_id uuid, -- null: the platform's own
  -- A look-up is held back for late readers; a token is only deleted, so again at `until`.
  lookup boolean not null,
  until timestamptz not null
);
call isolate_tenants('stale_keys');
grant select, insert, update, delete on stale_keys to parley_tenancy;
create policy all_tenants on stale_keys to parley_tenancy using (true);

-- `expiring` is good for now. health_at: when a provider last told; silence changes nothing.
alter table tenant_credentials drop constraint tenant_credentials_health_check;
alter table tenant_credentials add constraint tenant_credentials_health_check
  check (health in ('unknown', 'good', 'expiring', 'bad'));
