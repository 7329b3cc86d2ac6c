-- Tenants with a credential that was renewed in the last `seconds`, and when (Unix seconds).
create or replace function connector_renewed(p_seconds double precision)
returns table (tenant_id uuid, renewed_at double precision) language sql stable as $$
  select c.tenant_id, extract(epoch from max(c.renewed_at))::double precision
  from tenant_credentials c
  where c.renewed_at > clock_timestamp() - make_interval(secs => p_seconds)
  group by c.tenant_id
$$;

grant execute on function connector_renewed(double precision) to parley_connector;

-- What these tenants have parked may be tried now.
create or replace function connector_hasten(p_tenants uuid[]) returns void language sql as $$
  update parked set next_at = clock_timestamp()
  where tenant_id = any (p_tenants) and next_at > clock_timestamp()
$$;

grant execute on function connector_hasten(uuid[]) to parley_connector;
