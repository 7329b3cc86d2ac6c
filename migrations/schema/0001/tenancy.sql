-- Tenants, their numbers and integrations, and their secrets (sealed before they get here).

create table tenants (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null,
  status text not null default 'active' check (status in ('active', 'suspended')),
  options jsonb not null default '{}',
  retention_days integer check (retention_days > 0), -- null: the platform's default
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- A Meta app signs webhooks. tenant_id null: the platform's own.
create table meta_apps (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid references tenants,
  name text not null unique,
  app_secret bytea not null,
  app_secret_previous bytea,
  verify_token bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index meta_apps_tenant on meta_apps (tenant_id);

-- One WhatsApp number joined to one Genesys integration. meta_app_id null: the platform's app.
create table channels (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants,
  name text not null,
  phone_number_id text not null unique,
  waba_id text not null,
  display_phone_number text,
  meta_app_id uuid references meta_apps,
  integration_id text not null unique,
  region text not null,
  status text not null default 'active' check (status in ('active', 'suspended')),
  whatsapp_credential text not null default 'default',
  genesys_credential text not null default 'default',
  webhook_secret bytea,
  webhook_secret_previous bytea,
  limits jsonb not null default '{}',
  options jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, name)
);
create index channels_waba on channels (waba_id);
create index channels_meta_app on channels (meta_app_id);

create table tenant_credentials (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references tenants,
  kind text not null check (kind in ('whatsapp', 'genesys')),
  name text not null default 'default',
  sealed bytea not null,
  sealed_previous bytea,
  health text not null default 'unknown' check (health in ('unknown', 'good', 'bad')),
  health_detail text,
  health_at timestamptz,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, kind, name)
);

-- tenant_id null: a platform administrator's key.
create table api_keys (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid references tenants,
  name text not null,
  prefix text not null,
  key_hash bytea not null unique,
  role text not null
    check (role in ('platform-admin', 'tenant-admin', 'supervisor', 'agent', 'viewer')),
  scopes text[] not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  check (tenant_id is not null or role = 'platform-admin')
);
create index api_keys_tenant on api_keys (tenant_id);

create table audit_log (
  id bigint generated always as identity primary key,
  tenant_id uuid, -- no foreign key: it outlives the tenant
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}'
);
create index audit_log_tenant on audit_log (tenant_id, at);
