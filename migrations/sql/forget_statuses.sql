-- Ends what has waited so long for a message that never came: of another app on the same number, or
-- sent before this installation. Number of rows. By the connector's role.
create or replace function forget_statuses(p_days double precision) returns integer
language sql
as $$
  with gone as (
    delete from waiting_statuses w
     where w.received_at < now() - make_interval(secs => p_days * 86400)
    returning 1
  )
  select count(*)::integer from gone
$$;

grant execute on function forget_statuses(double precision) to parley_connector;
