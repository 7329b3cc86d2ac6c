-- Dead letters as the command `parley dlq` uses them, by the role parley_connector.

-- Those that fit, the first seen first, after the row (p_after_seen, p_after_id). Null: any.
create or replace function dlq_find(
  p_tenant_id uuid, p_reason text, p_queue text, p_from timestamptz, p_to timestamptz, p_id text,
  p_replayed boolean, p_after_seen timestamptz, p_after_id uuid, p_limit integer
)
returns table (id uuid, event_id text, tenant_id uuid, slug text, queue text, partition_key text,
               reason_code text, reason text, attempts integer, first_seen timestamptz,
               last_seen timestamptz, raw_ref text, replayed_at timestamptz, bytes integer)
language sql stable as $$
  select d.id, d.event_id, d.tenant_id, t.slug, d.queue, d.partition_key, d.reason_code, d.reason,
         d.attempts, d.first_seen, d.last_seen, d.raw_ref, d.replayed_at, octet_length(d.body)
  from dead_letters d
  left join tenants t on t.id = d.tenant_id
  where (p_tenant_id is null or d.tenant_id = p_tenant_id)
    and (p_reason is null or d.reason_code = p_reason)
    and (p_queue is null or d.queue = p_queue or starts_with(d.queue, p_queue || '.'))
    and (p_from is null or d.last_seen >= p_from)
    and (p_to is null or d.last_seen < p_to)
    and (p_id is null or d.id::text = p_id or d.event_id = p_id)
    and (p_replayed or d.replayed_at is null)
    and (p_after_id is null or (d.first_seen, d.id) > (p_after_seen, p_after_id))
  order by d.first_seen, d.id
  limit p_limit
$$;

create or replace function dlq_counts(
  p_tenant_id uuid, p_reason text, p_queue text, p_from timestamptz, p_to timestamptz, p_id text,
  p_replayed boolean
)
returns table (reason_code text, letters bigint)
language sql stable as $$
  select d.reason_code, count(*)
  from dead_letters d
  where (p_tenant_id is null or d.tenant_id = p_tenant_id)
    and (p_reason is null or d.reason_code = p_reason)
    and (p_queue is null or d.queue = p_queue or starts_with(d.queue, p_queue || '.'))
    and (p_from is null or d.last_seen >= p_from)
    and (p_to is null or d.last_seen < p_to)
    and (p_id is null or d.id::text = p_id or d.event_id = p_id)
    and (p_replayed or d.replayed_at is null)
  group by d.reason_code
  order by count(*) desc, d.reason_code
$$;

create or replace function dlq_body(p_id uuid)
returns bytea language sql stable as $$
  select d.body from dead_letters d where d.id = p_id
$$;

-- It lies in its queue again. Not noted when it has died once more meanwhile.
create or replace function dlq_replayed(p_id uuid, p_last_seen timestamptz)
returns boolean language sql as $$
  with noted as (
    update dead_letters d set replayed_at = now()
    where d.id = p_id and d.last_seen = p_last_seen
    returning 1
  )
  select exists (select from noted)
$$;

grant execute on function dlq_find(uuid, text, text, timestamptz, timestamptz, text, boolean,
                                   timestamptz, uuid, integer) to parley_connector;
grant execute on function dlq_counts(uuid, text, text, timestamptz, timestamptz, text, boolean)
  to parley_connector;
grant execute on function dlq_body(uuid) to parley_connector;
grant execute on function dlq_replayed(uuid, timestamptz) to parley_connector;
