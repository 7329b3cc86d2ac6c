-- What came in, told by the doors; and what of it is not over yet.

-- Messages that came in and are not over. Gone once they are done.
create table ledger_open (
  event_id text primary key,
  tenant_id uuid not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  arrived_at timestamptz not null
);
create index ledger_open_tenant on ledger_open (tenant_id, arrived_at);

-- Messages that were over without an effect of their own: duplicates, and what is not for sending.
create table ledger_answers (
  event_id text primary key,
  tenant_id uuid not null,
  answer text not null,
  noted_at timestamptz not null default now()
);

create table ledger_hours (
  tenant_id uuid not null,
  direction text not null,
  hour timestamptz not null,
  arrived bigint not null default 0,
  done bigint not null default 0,
  primary key (tenant_id, direction, hour)
);

create index message_tracking_event on message_tracking (tenant_id, event_id) where part = 1;
