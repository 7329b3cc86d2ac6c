-- Who may do what with the spool and the ledger.

-- state puts into the spool and can not look: its rows are of all tenants.
grant insert on spool to parley_functions;
create policy put_only on spool for insert to parley_functions with check (true);
grant select, insert, update, delete on spool to parley_connector;
create policy all_tenants on spool to parley_connector using (true);

call isolate_tenants('ledger_open');
call isolate_tenants('ledger_answers');
call isolate_tenants('ledger_hours');
grant select, insert on ledger_open to parley_functions;
grant select, insert, update on ledger_hours to parley_functions;
grant select, insert, update, delete on ledger_open, ledger_answers, ledger_hours
  to parley_connector;
create policy all_tenants on ledger_open to parley_connector using (true);
create policy all_tenants on ledger_answers to parley_connector using (true);
create policy all_tenants on ledger_hours to parley_connector using (true);

-- The ledger asks whether a message is done, and commands name tenants: nothing else is seen.
grant select (tenant_id, event_id, part, state) on message_tracking to parley_connector;
create policy all_tenants on message_tracking for select to parley_connector using (true);
grant select (id, slug) on tenants to parley_connector;
create policy all_tenants_names on tenants for select to parley_connector using (true);
