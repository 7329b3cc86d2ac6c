-- Customers, conversations and what became of every message.
-- No foreign keys here: each would lock the one row of its tenant on every message, and rows are
-- written only for tenants that the doors have resolved.

-- In the order in which one beats another: `greatest` is the whole rule, whatever order they come
-- in. failed beats only what is before it: a message that arrived after all has arrived.
create type message_status as enum ('accepted', 'sent', 'failed', 'delivered', 'read', 'played');

-- How WhatsApp may call a customer (phone number as wa_id, or business-scoped user id), and the
-- one name, `customer`, that conversations are kept under.
create table identities (
  tenant_id uuid not null,
  kind text not null check (kind in ('wa_id', 'bsuid')),
  value text not null,
  customer text not null,
  profile_name text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, kind, value)
);
create index identities_customer on identities (tenant_id, customer);

-- Every conversation Genesys has told us of, and per customer the current one. Old ones stay, so
-- that a late answer in them still finds its customer.
create table conversation_mappings (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  channel_id uuid not null,
  customer text not null,
  conversation_id text, -- null until Genesys has made it
  is_current boolean not null default true,
  created_at timestamptz not null default now(),
  last_activity_at timestamptz not null default now(),
  last_customer_message_at timestamptz -- the provider's time; Meta's 24-hour window counts from it
) with (fillfactor = 80); -- room for the update that every message makes
create unique index conversation_mappings_current
  on conversation_mappings (tenant_id, channel_id, customer) where is_current;
create unique index conversation_mappings_conversation
  on conversation_mappings (tenant_id, channel_id, conversation_id) where conversation_id is not null;

-- One row a part of a message; part 1 carries the claim and the receipt of the whole.
create table message_tracking (
  tenant_id uuid not null,
  channel_id uuid not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  source_id text not null, -- where it was born
  part integer not null check (part >= 1),
  tracking_id uuid not null, -- the same for all parts; goes to Meta as biz_opaque_callback_data
  customer text not null,
  conversation_id text,
  kind text not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- the claim
  state text check (state in ('claimed', 'done', 'refused', 'unknown')),
  attempt_id uuid,
  attempts integer,
  lease_until timestamptz, -- null: free to be claimed
  unknown_since timestamptz,
  is_final boolean not null default false, -- no part is left to be tried
  event_id text,
  raw_ref text,
  -- this part at the other side
  outcome text check (outcome in ('accepted', 'refused', 'unknown')),
  target_id text,
  status message_status,
  accepted_at timestamptz,
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  played_at timestamptz,
  failed_at timestamptz,
  error jsonb,
  -- the receipt to the source
  receipt_asked_by text,
  receipt_asked_at timestamptz,
  receipt_status text check (receipt_status in ('Delivered', 'Failed')),
  receipt_confirmed_at timestamptz,
  primary key (tenant_id, source_id, direction, channel_id, part),
  unique (tenant_id, tracking_id, part), -- tenant first: every query asks for it
  check ((part = 1) = (state is not null)),
  check ((part = 1) = (attempts is not null))
) with (fillfactor = 70); -- room for the claim, the outcome and three statuses on the same page
create index message_tracking_target
  on message_tracking (tenant_id, target_id) where target_id is not null;
create index message_tracking_conversation
  on message_tracking (tenant_id, conversation_id, occurred_at)
  where part = 1 and conversation_id is not null;

-- History: what happened to a message, at the provider's time. `kind` is `message` (content is
-- what history shows), a status, `refused`, `unknown` or `receipt`.
create table message_events (
  tenant_id uuid not null,
  channel_id uuid not null,
  customer text not null,
  tracking_id uuid not null,
  part integer not null,
  direction text not null,
  kind text not null,
  at timestamptz not null,
  content jsonb,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, tracking_id, part, kind, at)
) partition by range (at);
create index message_events_customer on message_events (tenant_id, channel_id, customer, at);
-- Takes what no month has room for: a provider's clock may say anything.
create table message_events_default partition of message_events default;

-- Statuses that came before we knew their message.
create table waiting_statuses (
  tenant_id uuid not null,
  message_id text not null,
  status message_status not null,
  occurred_at timestamptz not null,
  error jsonb,
  received_at timestamptz not null default now(),
  primary key (tenant_id, message_id, status)
);
