-- Two deliveries at two moments are two facts, also before their message is known.
alter table waiting_statuses drop constraint waiting_statuses_pkey;
alter table waiting_statuses add primary key (tenant_id, message_id, status, occurred_at);
create index waiting_statuses_received on waiting_statuses (received_at);

-- The connector ends those whose message never came, and holds back what is of a suspended tenant.
grant select (received_at), delete on waiting_statuses to parley_connector;
create policy all_tenants on waiting_statuses to parley_connector using (true);
grant select (status) on tenants to parley_connector;
grant select (id, tenant_id, status) on channels to parley_connector;
create policy all_tenants_states on channels for select to parley_connector using (true);

-- Their signatures changed; migrations/sql has what is there now.
drop function if exists apply_status(message_tracking, integer, text, message_status, timestamptz, jsonb);
drop function if exists advance_status(uuid, text, message_status, timestamptz, text, jsonb, uuid, integer);
