-- Messages of which a part was refused, at once or by a later status, and has not arrived since.
-- One row a message, of the part that failed last; each role sees what its policies let it see.
create or replace view refused_messages with (security_invoker = true) as
select one.tenant_id, one.tracking_id, one.event_id, one.channel_id, one.direction, one.kind,
       one.conversation_id, one.occurred_at, last.failed_at as refused_at,
       last.error ->> 'provider_code' as code,
       coalesce(last.error ->> 'agent_words', last.error ->> 'title') as reason,
       (select count(*)::integer from message_tracking p
         where p.tenant_id = one.tenant_id and p.tracking_id = one.tracking_id) as parts,
       (select count(*)::integer from message_tracking p
         where p.tenant_id = one.tenant_id and p.tracking_id = one.tracking_id
           and p.status = 'failed') as refused_parts
  from message_tracking last
  join message_tracking one
    on one.tenant_id = last.tenant_id and one.tracking_id = last.tracking_id and one.part = 1
 where last.failed_at is not null and last.status = 'failed'
   and one.state not in ('recorded', 'replaced') -- what went past us was nobody's to deliver
   and coalesce(one.event_id, '') !~ '#again[0-9]+$' -- its fate is written down of the message it stands for
   and not exists (
     select from message_tracking later
      where later.tenant_id = last.tenant_id and later.tracking_id = last.tracking_id
        and later.status = 'failed'
        and (later.failed_at, later.part) > (last.failed_at, last.part));

grant select on refused_messages to parley_functions, parley_connector;

-- A page of them for the command, the newest first, before the row (p_before_at, p_before_id).
-- Null: any.
create or replace function refused_find(
  p_tenant_id uuid, p_channel text, p_direction text, p_from timestamptz, p_to timestamptz,
  p_before_at timestamptz, p_before_id uuid, p_limit integer
)
returns table (slug text, channel text, tracking_id uuid, event_id text, tenant_id uuid,
               channel_id uuid, direction text, kind text, conversation_id text,
               occurred_at timestamptz, refused_at timestamptz, code text, reason text,
               parts integer, refused_parts integer)
language sql stable as $$
  select t.slug, c.name, r.tracking_id, r.event_id, r.tenant_id, r.channel_id, r.direction, r.kind,
         r.conversation_id, r.occurred_at, r.refused_at, r.code, r.reason, r.parts, r.refused_parts
  from refused_messages r
  left join tenants t on t.id = r.tenant_id
  left join channels c on c.id = r.channel_id
  where (p_tenant_id is null or r.tenant_id = p_tenant_id)
    and (p_channel is null or c.name = p_channel or r.channel_id::text = p_channel)
    and (p_direction is null or r.direction = p_direction)
    and (p_from is null or r.refused_at >= p_from)
    and (p_to is null or r.refused_at < p_to)
    and (p_before_at is null or (r.refused_at, r.tracking_id) < (p_before_at, p_before_id))
  order by r.refused_at desc, r.tracking_id desc
  limit p_limit
$$;

grant execute on function refused_find to parley_connector;

-- The same of one tenant for the API, with the id that each message can be asked for by.
create or replace function refused_page(
  p_tenant_id uuid, p_channel_id uuid, p_direction text, p_since timestamptz, p_until timestamptz,
  p_before_at timestamptz, p_before_id uuid, p_limit integer
) returns json
language plpgsql stable
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return (
    select coalesce(json_agg(json_build_object(
             'source_id', one.source_id, 'tracking_id', r.tracking_id,
             'channel_id', r.channel_id, 'direction', r.direction, 'kind', r.kind,
             'conversation_id', r.conversation_id, 'occurred_at', rfc3339(r.occurred_at),
             'refused_at', rfc3339(r.refused_at), 'code', r.code, 'reason', r.reason,
             'parts', r.parts, 'refused_parts', r.refused_parts,
             'place', (extract(epoch from r.refused_at) * 1000000)::bigint)
             order by r.refused_at desc, r.tracking_id desc), '[]')
      from (
        select * from refused_messages m
         where m.tenant_id = p_tenant_id
           and (p_channel_id is null or m.channel_id = p_channel_id)
           and (p_direction is null or m.direction = p_direction)
           and (p_since is null or m.refused_at >= p_since)
           and (p_until is null or m.refused_at < p_until)
           and (p_before_at is null or (m.refused_at, m.tracking_id) < (p_before_at, p_before_id))
         order by m.refused_at desc, m.tracking_id desc
         limit p_limit
      ) as r
      join message_tracking one
        on one.tenant_id = p_tenant_id and one.tracking_id = r.tracking_id and one.part = 1);
end $$;

grant execute on function refused_page to parley_functions;

-- Whether a part of a message has failed is news for the ledger, whoever writes it.
create or replace function ledger_changed() returns trigger
language plpgsql
as $$
begin
  insert into ledger_changes (tenant_id, tracking_id) values (new.tenant_id, new.tracking_id);
  return null;
end $$;

grant execute on function ledger_changed() to parley_functions;

create or replace trigger ledger_failed after insert on message_tracking
  for each row when (new.status = 'failed') execute function ledger_changed();
create or replace trigger ledger_failure_changed after update of status on message_tracking
  for each row when ((old.status = 'failed') is distinct from (new.status = 'failed')
                     and (old.status = 'failed' or new.status = 'failed'))
  execute function ledger_changed();
