-- The person's rows, counted or removed, in one transaction; for the owner of the tables alone.
-- Messages of theirs that are still open are over for the ledger: `erased` is their answer.
create or replace function erasure_rows(
  p_tenant_id uuid, p_names text[], p_dry boolean
) returns json
language plpgsql
as $$
declare
  v_counts jsonb := '{}';
  v_table text;
  v_count bigint;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  if not p_dry then
    perform lock_people(p_tenant_id, true);
    insert into ledger_answers (event_id, tenant_id, answer)
    select t.event_id, p_tenant_id, 'erased' from message_tracking t
     where t.tenant_id = p_tenant_id and t.customer = any (p_names) and t.part = 1
       and t.event_id is not null
       and exists (select from ledger_open o where o.event_id = t.event_id)
    on conflict do nothing;
  end if;
  if not p_dry then -- nothing names what is left of these: it goes with the messages
    delete from ledger_refused r using message_tracking t
     where r.tenant_id = p_tenant_id and t.tenant_id = p_tenant_id and t.part = 1
       and t.tracking_id = r.tracking_id and t.customer = any (p_names);
    delete from ledger_changes c using message_tracking t
     where c.tenant_id = p_tenant_id and t.tenant_id = p_tenant_id and t.part = 1
       and t.tracking_id = c.tracking_id and t.customer = any (p_names);
  end if;
  foreach v_table in array array['message_events', 'message_tracking', 'conversation_mappings',
                                 'opt_outs', 'identities', 'customers'] loop
    if p_dry then
      execute format('select count(*) from %I where tenant_id = $1 and customer = any ($2)', v_table)
        into v_count using p_tenant_id, p_names;
    else
      execute format('delete from %I where tenant_id = $1 and customer = any ($2)', v_table)
        using p_tenant_id, p_names;
      get diagnostics v_count = row_count;
    end if;
    v_counts := v_counts || jsonb_build_object(v_table, v_count);
  end loop;
  return v_counts;
end $$;

-- Which of some ids are messages that are known: once the person's rows are gone, somebody else's.
create or replace function erasure_others(p_tenant_id uuid, p_ids text[])
returns setof text
language plpgsql stable
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return query
    select t.source_id from message_tracking t
     where t.tenant_id = p_tenant_id and t.source_id = any (p_ids)
    union
    select t.target_id from message_tracking t
     where t.tenant_id = p_tenant_id and t.target_id = any (p_ids);
end $$;

-- A page of the ids of messages that statuses wait for.
create or replace function erasure_waiting_ids(p_tenant_id uuid, p_after text, p_limit integer)
returns setof text
language plpgsql stable
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return query
    select distinct w.message_id from waiting_statuses w
     where w.tenant_id = p_tenant_id and w.message_id > p_after
     order by 1 limit p_limit;
end $$;

-- Statuses that wait for messages with these ids.
create or replace function erasure_waiting(p_tenant_id uuid, p_ids text[], p_dry boolean)
returns bigint
language plpgsql
as $$
declare
  v_count bigint;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  if p_dry then
    select count(*) into v_count from waiting_statuses w
     where w.tenant_id = p_tenant_id and w.message_id = any (p_ids);
  else
    delete from waiting_statuses w
     where w.tenant_id = p_tenant_id and w.message_id = any (p_ids);
    get diagnostics v_count = row_count;
  end if;
  return v_count;
end $$;
