-- The ledger: in = done + refused + waiting + parked + dead. Doors tell what came in; what became of
-- it is read from where it is written down, never from what the doors say.

-- Note messages that came in: [{event_id, tenant_id, direction, arrived_at}]. By state's role, one
-- tenant after the other. One that is open already is counted once. Number of new ones.
create or replace function ledger_arrive(p_arrivals jsonb)
returns integer language plpgsql as $$
declare
  v_tenant uuid;
  v_new integer;
  v_all integer := 0;
begin
  for v_tenant in
    select distinct (item ->> 'tenant_id')::uuid as tenant from jsonb_array_elements(p_arrivals) item
    order by tenant
  loop
    perform set_config('app.tenant_id', v_tenant::text, true);
    with fresh as (
      insert into ledger_open (event_id, tenant_id, direction, arrived_at)
      select item ->> 'event_id', v_tenant, item ->> 'direction', (item ->> 'arrived_at')::timestamptz
      from jsonb_array_elements(p_arrivals) item
      where (item ->> 'tenant_id')::uuid = v_tenant
      on conflict do nothing
      returning direction, date_trunc('hour', arrived_at, 'UTC') as hour
    ), counted as (
      insert into ledger_hours as known (tenant_id, direction, hour, arrived)
      select v_tenant, direction, hour, count(*) from fresh group by direction, hour
      order by direction, hour
      on conflict (tenant_id, direction, hour) do update
      set arrived = known.arrived + excluded.arrived
    )
    select count(*) into v_new from fresh;
    v_all := v_all + v_new;
  end loop;
  return v_all;
end $$;

-- A function answered 200 without an effect that can be seen elsewhere.
create or replace function ledger_answer(p_event_id text, p_tenant_id uuid, p_answer text)
returns void language sql as $$
  insert into ledger_answers as known (event_id, tenant_id, answer)
  values (p_event_id, p_tenant_id, p_answer)
  on conflict (event_id) do update set answer = excluded.answer, noted_at = now()
$$;

-- The hour in which a message came in: its raw webhook is named by that moment.
create or replace function ledger_hour(p_raw_ref text, p_created_at timestamptz) returns timestamptz
language sql stable as $$
  select date_trunc('hour', coalesce(
    to_timestamp(substring(p_raw_ref from '/(\d{8}T\d{6})\.\d{6}Z-') || ' +00',
                 'YYYYMMDD"T"HH24MISS TZH'),
    p_created_at), 'UTC')
$$;

-- Whether the other side has refused a part of a message, and the part has not arrived since.
create or replace function ledger_is_refused(p_tenant_id uuid, p_tracking_id uuid) returns boolean
language sql stable as $$
  select exists (select from message_tracking t
                  where t.tenant_id = p_tenant_id and t.tracking_id = p_tracking_id
                    and t.status = 'failed')
$$;

-- Take what is over out of the open ones, as done or as refused; and move what was counted as the
-- one and is the other by now. What Genesys refused at once is no end: it lies in dead_letters and
-- may be replayed. Number of those taken out.
create or replace function ledger_settle()
returns integer language sql as $$
  with gone as (
    delete from ledger_open o
    where (
        exists (select from message_tracking t
                where t.tenant_id = o.tenant_id and t.event_id = o.event_id and t.part = 1
                  and (t.state = 'done' or t.state = 'refused' and o.direction = 'outbound'))
        or exists (select from ledger_answers a where a.event_id = o.event_id)
      )
      and not exists (select from dead_letters d
                      where d.event_id = o.event_id and d.replayed_at is null)
    returning o.event_id, o.tenant_id, o.direction, date_trunc('hour', o.arrived_at, 'UTC') as hour
  ), news as (
    delete from ledger_changes c
     where c.id in (select id from ledger_changes order by id limit 10000)
    returning c.tenant_id, c.tracking_id
  ), changed as ( -- those that are counted already; of what is open the fate is told above
    select distinct t.tenant_id, t.tracking_id, t.direction,
           ledger_hour(t.raw_ref, t.created_at) as hour,
           ledger_is_refused(t.tenant_id, t.tracking_id) as refused
      from news n
      join message_tracking t
        on t.tenant_id = n.tenant_id and t.tracking_id = n.tracking_id and t.part = 1
     where t.event_id not like '%#%' -- a file that came later is no message of its own
       and not exists (select from ledger_open o where o.event_id = t.event_id)
  ), refusals as (
    insert into ledger_refused (tenant_id, tracking_id, direction, hour)
    select g.tenant_id, t.tracking_id, g.direction, g.hour
      from gone g
      join message_tracking t
        on t.tenant_id = g.tenant_id and t.event_id = g.event_id and t.part = 1
     where ledger_is_refused(t.tenant_id, t.tracking_id)
    union
    select c.tenant_id, c.tracking_id, c.direction, c.hour from changed c where c.refused
    on conflict do nothing
    returning tenant_id, direction, hour
  ), arrivals as ( -- what had been refused and arrived after all
    delete from ledger_refused r using changed c
     where r.tenant_id = c.tenant_id and r.tracking_id = c.tracking_id and not c.refused
    returning r.tenant_id, r.direction, r.hour
  ), forgotten as (
    delete from ledger_answers a using gone where a.event_id = gone.event_id
  ), old as (
    delete from ledger_answers a where a.noted_at < now() - interval '7 days'
      and not exists (select from ledger_open o where o.event_id = a.event_id)
      and not exists (select from gone where gone.event_id = a.event_id)
  ), moves as (
    select tenant_id, direction, hour, 1 as done, 0 as refused from gone
    union all
    select tenant_id, direction, hour, -1, 1 from refusals
    union all
    select tenant_id, direction, hour, 1, -1 from arrivals
  ), counted as (
    insert into ledger_hours as known (tenant_id, direction, hour, done, refused)
    select tenant_id, direction, hour, sum(done), sum(refused)
      from moves group by tenant_id, direction, hour order by tenant_id, direction, hour
    on conflict (tenant_id, direction, hour) do update
    set done = known.done + excluded.done, refused = known.refused + excluded.refused
  )
  select count(*)::integer from gone
$$;

-- What became of the open ones of some hours. `waiting` is younger than `p_grace_seconds` and under
-- way; `overdue` is older, and neither parked nor dead: in a queue, in the spool, or lost.
create or replace function ledger_fates(
  p_tenant_id uuid, p_from timestamptz, p_to timestamptz, p_grace_seconds double precision
)
returns table (tenant_id uuid, direction text, parked bigint, dead bigint, waiting bigint,
               overdue bigint)
language sql stable as $$
  with fates as (
    select o.tenant_id, o.direction,
      case
        when exists (select from dead_letters d
                     where d.event_id = o.event_id and d.replayed_at is null) then 'dead'
        when exists (select from parked p where p.event_id = o.event_id) then 'parked'
        when o.arrived_at > now() - make_interval(secs => p_grace_seconds) then 'waiting'
        when exists (select from dead_letters d where d.event_id = o.event_id
                       and d.replayed_at > now() - make_interval(secs => p_grace_seconds))
          then 'waiting'
        else 'overdue'
      end as fate
    from ledger_open o
    where (p_tenant_id is null or o.tenant_id = p_tenant_id)
      and (p_from is null or o.arrived_at >= date_trunc('hour', p_from, 'UTC'))
      and (p_to is null
           or o.arrived_at < date_trunc('hour', p_to + interval '1 hour - 1 us', 'UTC'))
  )
  select f.tenant_id, f.direction,
    count(*) filter (where fate = 'parked'),
    count(*) filter (where fate = 'dead'),
    count(*) filter (where fate = 'waiting'),
    count(*) filter (where fate = 'overdue')
  from fates f group by f.tenant_id, f.direction
$$;

-- The page of the ledger for some hours, by tenant and direction.
create or replace function ledger_page(
  p_tenant_id uuid, p_from timestamptz, p_to timestamptz, p_grace_seconds double precision
)
returns table (tenant_id uuid, slug text, direction text, arrived bigint, done bigint,
               refused bigint, parked bigint, dead bigint, waiting bigint, overdue bigint)
language sql stable as $$
  with hours as (
    select h.tenant_id, h.direction, sum(h.arrived)::bigint as arrived, sum(h.done)::bigint as done,
           sum(h.refused)::bigint as refused
    from ledger_hours h
    where (p_tenant_id is null or h.tenant_id = p_tenant_id)
      and (p_from is null or h.hour >= date_trunc('hour', p_from, 'UTC'))
      and (p_to is null or h.hour < p_to)
    group by h.tenant_id, h.direction
  )
  select coalesce(h.tenant_id, f.tenant_id), t.slug, coalesce(h.direction, f.direction),
         coalesce(h.arrived, 0), coalesce(h.done, 0), coalesce(h.refused, 0), coalesce(f.parked, 0),
         coalesce(f.dead, 0), coalesce(f.waiting, 0), coalesce(f.overdue, 0)
  from hours h
  full join ledger_fates(p_tenant_id, p_from, p_to, p_grace_seconds) f
    on f.tenant_id = h.tenant_id and f.direction = h.direction
  left join tenants t on t.id = coalesce(h.tenant_id, f.tenant_id)
  order by t.slug nulls last, 1, 3
$$;

-- Those that are overdue, the oldest first: what to look for in the raw archive and in the logs.
create or replace function ledger_overdue(
  p_tenant_id uuid, p_grace_seconds double precision, p_limit integer
)
returns table (event_id text, tenant_id uuid, direction text, arrived_at timestamptz)
language sql stable as $$
  select o.event_id, o.tenant_id, o.direction, o.arrived_at
  from ledger_open o
  where (p_tenant_id is null or o.tenant_id = p_tenant_id)
    and o.arrived_at <= now() - make_interval(secs => p_grace_seconds)
    and not exists (select from parked p where p.event_id = o.event_id)
    and not exists (
      select from dead_letters d
      where d.event_id = o.event_id
        and (d.replayed_at is null
             or d.replayed_at > now() - make_interval(secs => p_grace_seconds)))
  order by o.arrived_at
  limit p_limit
$$;

grant execute on function ledger_arrive(jsonb) to parley_functions;
grant execute on function ledger_answer(text, uuid, text) to parley_connector;
grant execute on function ledger_hour(text, timestamptz) to parley_connector;
grant execute on function ledger_is_refused(uuid, uuid) to parley_connector;
grant execute on function ledger_settle() to parley_connector;
grant execute on function ledger_fates(uuid, timestamptz, timestamptz, double precision)
  to parley_connector;
grant execute on function ledger_page(uuid, timestamptz, timestamptz, double precision)
  to parley_connector;
grant execute on function ledger_overdue(uuid, double precision, integer) to parley_connector;
