-- Who may do what. Nothing is granted on the partitions: they are reached through their parent.

call isolate_tenants('tenants', 'id');
call isolate_tenants('meta_apps');
call isolate_tenants('channels');
call isolate_tenants('tenant_credentials');
call isolate_tenants('api_keys');
call isolate_tenants('audit_log');
call isolate_tenants('identities');
call isolate_tenants('conversation_mappings');
call isolate_tenants('message_tracking');
call isolate_tenants('message_events');
call isolate_tenants('message_events_default');
call isolate_tenants('waiting_statuses');
call isolate_tenants('parked');
call isolate_tenants('dead_letters');

-- state and the other functions on the message path: one tenant at a time, never a secret.
grant select, insert, update on identities, conversation_mappings, message_tracking
  to parley_functions;
grant select, insert on message_events to parley_functions;
grant select, insert, update, delete on waiting_statuses to parley_functions;
grant select (id, slug, name, status, options, retention_days) on tenants to parley_functions;
grant select (id, tenant_id, name, phone_number_id, waba_id, display_phone_number, integration_id,
              region, status, limits, options)
  on channels to parley_functions;

-- tenancy: every tenant's configuration; of the audit log, writing and reading only.
grant select, insert, update, delete on tenants, meta_apps, channels, tenant_credentials, api_keys
  to parley_tenancy;
grant select, insert on audit_log to parley_tenancy;
create policy all_tenants on tenants to parley_tenancy using (true);
create policy all_tenants on meta_apps to parley_tenancy using (true);
create policy all_tenants on channels to parley_tenancy using (true);
create policy all_tenants on tenant_credentials to parley_tenancy using (true);
create policy all_tenants on api_keys to parley_tenancy using (true);
create policy all_tenants on audit_log to parley_tenancy using (true);

-- connector: its two tables across tenants.
grant select, insert, update, delete on parked, dead_letters to parley_connector;
create policy all_tenants on parked to parley_connector using (true);
create policy all_tenants on dead_letters to parley_connector using (true);
