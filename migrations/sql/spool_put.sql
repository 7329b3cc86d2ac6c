-- Keep events that nothing else took. Without a conflict target: the caller may not read the table.
create or replace function spool_put(
  p_installation text, p_name text, p_tenant_id uuid, p_body bytea, p_behind_s3 boolean
) returns void language sql as $$
  insert into spool (installation, name, tenant_id, body, behind_s3)
  values (p_installation, p_name, p_tenant_id, p_body, p_behind_s3)
  on conflict do nothing
$$;

grant execute on function spool_put(text, text, uuid, bytea, boolean) to parley_functions;
