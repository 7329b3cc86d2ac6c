-- Set when a credential is applied, and when its provider takes it that did not before.
alter table tenant_credentials add column renewed_at timestamptz not null default now();
create index tenant_credentials_renewed on tenant_credentials (renewed_at);
grant select (tenant_id, renewed_at) on tenant_credentials to parley_connector;
create policy all_tenants_renewals on tenant_credentials for select to parley_connector using (true);
