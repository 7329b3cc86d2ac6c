-- Whose events have to wait: `tenant_id` alone for a whole tenant, with `channel_id` for a channel.
create or replace function connector_suspended()
returns table (tenant_id uuid, channel_id uuid) language sql stable as $$
  select t.id, null::uuid from tenants t where t.status = 'suspended'
  union all
  select c.tenant_id, c.id from channels c where c.status = 'suspended'
$$;

grant execute on function connector_suspended() to parley_connector;
