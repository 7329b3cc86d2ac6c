-- What a person wants no more of, a channel and a category; the last word by its time counts.
create table opt_outs (
  tenant_id uuid not null,
  channel_id uuid not null,
  customer text not null,
  category text not null, -- marketing_messages
  value text not null, -- stop, resume
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, channel_id, customer, category)
);
create index opt_outs_customer on opt_outs (tenant_id, customer);

-- What a provider says of accounts, numbers and templates. channel_id null: of no channel alone.
create table notices (
  tenant_id uuid not null,
  event_id text not null,
  channel_id uuid,
  provider text not null check (provider in ('meta', 'genesys')),
  field text not null,
  event text,
  severity text not null check (severity in ('info', 'warning', 'alarm')),
  value jsonb not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, event_id)
);
create index notices_newest on notices (tenant_id, occurred_at);
create index notices_field on notices (tenant_id, field, occurred_at);
create index notices_grave on notices (tenant_id, occurred_at) where severity <> 'info';

call isolate_tenants('opt_outs');
call isolate_tenants('notices');
grant select, insert, update on opt_outs to parley_functions;
grant select, insert on notices to parley_functions;
