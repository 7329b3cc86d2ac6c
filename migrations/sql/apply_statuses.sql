-- Writes one status of Meta on one part, whatever came before it, and notes it in history.
-- Returns the part as it is now. `p_claim` is part 1 of the message, locked by the caller.
create or replace function apply_status(
  p_claim message_tracking, p_part integer, p_message_id text, p_status message_status,
  p_occurred_at timestamptz, p_error jsonb
) returns message_tracking
language plpgsql
as $$
declare
  v_part message_tracking;
begin
  -- A status proves that the request arrived, also when we never saw its answer (`coalesce`), and
  -- also of a part that a crash kept us from writing down (the insert).
  insert into message_tracking as t
    (tenant_id, channel_id, direction, source_id, part, tracking_id, customer, conversation_id, kind,
     occurred_at, state, attempts, outcome, target_id, status, accepted_at, sent_at, delivered_at,
     read_at, played_at, failed_at, error)
  values
    (p_claim.tenant_id, p_claim.channel_id, p_claim.direction, p_claim.source_id, p_part,
     p_claim.tracking_id, p_claim.customer, p_claim.conversation_id, p_claim.kind,
     p_claim.occurred_at,
     case p_part when 1 then p_claim.state end, case p_part when 1 then p_claim.attempts end,
     'accepted', p_message_id, p_status, p_occurred_at,
     case p_status when 'sent' then p_occurred_at end,
     case p_status when 'delivered' then p_occurred_at end,
     case p_status when 'read' then p_occurred_at end,
     case p_status when 'played' then p_occurred_at end,
     case p_status when 'failed' then p_occurred_at end,
     p_error)
  on conflict (tenant_id, source_id, direction, channel_id, part) do update
    set outcome = 'accepted',
        target_id = coalesce(t.target_id, excluded.target_id),
        status = greatest(t.status, excluded.status),
        accepted_at = coalesce(t.accepted_at, excluded.accepted_at),
        sent_at = least(t.sent_at, excluded.sent_at),
        delivered_at = least(t.delivered_at, excluded.delivered_at),
        read_at = least(t.read_at, excluded.read_at),
        played_at = least(t.played_at, excluded.played_at),
        failed_at = least(t.failed_at, excluded.failed_at),
        error = coalesce(excluded.error, t.error),
        updated_at = now()
  returning * into v_part;

  insert into message_events
    (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
  values
    (p_claim.tenant_id, p_claim.channel_id, p_claim.customer, p_claim.tracking_id, p_part,
     p_claim.direction, p_status::text, p_occurred_at, p_error)
  on conflict do nothing;
  return v_part;
end $$;

grant execute on function apply_status to parley_functions;
