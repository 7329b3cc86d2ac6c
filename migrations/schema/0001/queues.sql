-- What the connector keeps of the queues: messages parked in order, and messages given up.

create table parked (
  seq bigint generated always as identity primary key, -- the order within a key
  queue text not null,
  partition_key text not null,
  event_id text not null unique,
  tenant_id uuid,
  channel_id uuid,
  body bytea not null,
  attempts integer not null default 0,
  reason text,
  next_at timestamptz not null default now(),
  parked_at timestamptz not null default now()
);
create index parked_key on parked (queue, partition_key, seq);

create table dead_letters (
  id uuid primary key default gen_random_uuid(),
  event_id text not null unique,
  tenant_id uuid,
  channel_id uuid,
  queue text not null,
  partition_key text not null,
  reason_code text not null,
  reason text not null,
  attempts integer not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null default now(),
  body bytea not null,
  raw_ref text,
  replayed_at timestamptz
);
create index dead_letters_tenant on dead_letters (tenant_id, last_seen);
create index dead_letters_queue on dead_letters (queue, last_seen);
