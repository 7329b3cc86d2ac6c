-- The record of an erasure, begun, gone on with and ended; for the owner of the tables alone.

-- The one that was begun for this person and not ended; null: none.
create or replace function erasure_open(p_tenant_id uuid, p_person text) returns json
language plpgsql stable
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  return (select row_to_json(e) from erasures e
           where e.tenant_id = p_tenant_id and e.ended_at is null and e.person = p_person
           order by e.began_at desc limit 1);
end $$;

create or replace function erasure_begin(
  p_tenant_id uuid, p_person text, p_asked_by text, p_seconds double precision,
  p_marks text[], p_files text[]
) returns json
language plpgsql
as $$
declare
  v_row erasures;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  insert into erasures (tenant_id, person, asked_by, as_of, marks, files)
  values (p_tenant_id, p_person, p_asked_by, now() + make_interval(secs => p_seconds), p_marks,
          p_files)
  returning * into v_row;
  return row_to_json(v_row);
end $$;

-- What was told of the person since it began: a second try must know it too, when no row does.
create or replace function erasure_learn(
  p_tenant_id uuid, p_id uuid, p_marks text[], p_files text[]
) returns void
language plpgsql
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  update erasures e set marks = p_marks, files = p_files
   where e.tenant_id = p_tenant_id and e.id = p_id;
end $$;

-- How far it is: counts are added to what was counted before.
create or replace function erasure_note(
  p_tenant_id uuid, p_id uuid, p_reached jsonb, p_removed jsonb, p_end boolean
) returns json
language plpgsql
as $$
declare
  v_row erasures;
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  update erasures e
     set reached = e.reached || p_reached,
         removed = e.removed || (select coalesce(jsonb_object_agg(
                     given.key, given.value::bigint + coalesce((e.removed ->> given.key)::bigint, 0)),
                     '{}') from jsonb_each_text(p_removed) given),
         ended_at = case when p_end then now() end
   where e.tenant_id = p_tenant_id and e.id = p_id
  returning * into v_row;
  if p_end then
    insert into audit_log (tenant_id, actor, action, subject, detail)
    values (p_tenant_id, v_row.asked_by, 'erase', v_row.id::text,
            jsonb_build_object('removed', v_row.removed));
  end if;
  return row_to_json(v_row);
end $$;

-- What the connector is to drop: erasures whose events may still be under way, and of those that
-- it does not know yet the marks, which may be many.
drop function if exists erasure_marks();
create or replace function erasure_marks(p_known uuid[])
returns table (id uuid, tenant_id uuid, as_of timestamptz, marks text[]) language sql stable as $$
  select e.id, e.tenant_id, e.as_of, case when e.id <> all (p_known) then e.marks end
    from erasures e where e.marks <> '{}'
$$;

-- Nothing so old is under way any more: the marks go. Number of erasures.
create or replace function erasure_forget(p_seconds double precision) returns integer
language sql as $$
  with old as (
    update erasures e set marks = '{}', files = '{}'
     where e.marks <> '{}' and e.ended_at is not null and e.as_of < now() - make_interval(secs => p_seconds)
    returning 1
  )
  select count(*)::integer from old
$$;

grant execute on function erasure_marks(uuid[]) to parley_connector;
grant execute on function erasure_forget(double precision) to parley_connector;
