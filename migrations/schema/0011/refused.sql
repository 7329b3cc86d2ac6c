-- What the other side refused is a fate of its own: listed, and counted in the ledger.

-- A failure alone changes failed_at: sends and other statuses stay updates within their page.
create index message_tracking_failed
  on message_tracking (tenant_id, failed_at, tracking_id) where failed_at is not null;

alter table ledger_hours add column refused bigint not null default 0;

-- Messages that ledger_hours counts as refused, and the hour in which they came in.
create table ledger_refused (
  tenant_id uuid not null,
  tracking_id uuid not null,
  direction text not null,
  hour timestamptz not null,
  primary key (tenant_id, tracking_id)
);

-- Messages of which a part has failed, or arrived after it had failed, since the ledger last looked.
-- A row for each change: one that another transaction is about to delete stands for no later one.
create table ledger_changes (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  tracking_id uuid not null
);

call isolate_tenants('ledger_refused');
call isolate_tenants('ledger_changes');
grant insert on ledger_changes to parley_functions;
grant select, delete on ledger_changes to parley_connector;
grant select, insert, delete on ledger_refused to parley_connector;
create policy all_tenants on ledger_changes to parley_connector using (true);
create policy all_tenants on ledger_refused to parley_connector using (true);

-- For the ledger and for `parley refused`: codes and words, neither a person nor an id of WhatsApp's.
grant select (tracking_id, channel_id, direction, conversation_id, kind, occurred_at, created_at,
              raw_ref, status, failed_at, error)
  on message_tracking to parley_connector;
grant select (name) on channels to parley_connector;
