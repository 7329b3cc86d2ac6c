-- The spool as its sweeper uses it. Rows that were set aside are seen by people alone.

-- The first rows in the order of their names.
create or replace function spool_names(p_installation text, p_most integer)
returns table (name text, behind_s3 boolean) language sql stable as $$
  select s.name, s.behind_s3 from spool s
  where s.installation = p_installation and s.aside_reason is null
  order by s.name collate "C" limit p_most
$$;

create or replace function spool_bodies(p_installation text, p_names text[])
returns table (name text, body bytea) language sql stable as $$
  select s.name, s.body from spool s
  where s.installation = p_installation and s.name = any (p_names)
$$;

create or replace function spool_remove(p_installation text, p_names text[])
returns void language sql as $$
  delete from spool s where s.installation = p_installation and s.name = any (p_names)
$$;

create or replace function spool_set_aside(p_installation text, p_name text, p_reason text)
returns void language sql as $$
  update spool s set aside_reason = p_reason
  where s.installation = p_installation and s.name = p_name
$$;

-- How many rows wait, and how many were set aside.
create or replace function spool_counts(p_installation text)
returns table (waiting bigint, aside bigint) language sql stable as $$
  select count(*) filter (where s.aside_reason is null),
         count(*) filter (where s.aside_reason is not null)
  from spool s where s.installation = p_installation
$$;

grant execute on function spool_names(text, integer) to parley_connector;
grant execute on function spool_bodies(text, text[]) to parley_connector;
grant execute on function spool_remove(text, text[]) to parley_connector;
grant execute on function spool_set_aside(text, text, text) to parley_connector;
grant execute on function spool_counts(text) to parley_connector;
