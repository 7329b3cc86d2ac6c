-- The roles that the functions connect as. They own nothing; the operator gives LOGIN and a
-- password (a role that exists already, with either, is left as it is).
do $$
declare
  wanted text;
begin
  foreach wanted in array array['parley_functions', 'parley_tenancy', 'parley_connector'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin', wanted);
    end if;
    if exists (select from pg_roles where rolname = wanted and (rolsuper or rolbypassrls)) then
      raise exception 'role % can bypass row-level security', wanted
        using hint = format('alter role %I nosuperuser nobypassrls', wanted);
    end if;
  end loop;
end $$;

revoke create on schema public from public;
grant usage on schema public to parley_functions, parley_tenancy, parley_connector;

-- Functions are for the roles they are granted to, not for everybody.
alter default privileges revoke execute on routines from public;

-- Row-level security, forced (the owner obeys too), one tenant at a time. After the first SET
-- LOCAL of a session the setting is '' and no longer null, and ''::uuid is an error: hence nullif.
create procedure isolate_tenants(tenant_table regclass, tenant_column name default 'tenant_id')
language plpgsql
as $$
declare
  mine text := format('%I = nullif(current_setting(''app.tenant_id'', true), '''')::uuid',
                      tenant_column);
begin
  execute format('alter table %s enable row level security', tenant_table);
  execute format('alter table %s force row level security', tenant_table);
  execute format('create policy tenant_isolation on %s using (%s) with check (%s)',
                 tenant_table, mine, mine);
end $$;
