-- Time as it goes over the wire: UTC, milliseconds, Z.
create or replace function rfc3339(moment timestamptz) returns text
language sql stable parallel safe
as $$ select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

grant execute on function rfc3339 to parley_functions;
