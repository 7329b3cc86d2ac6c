-- Writes statuses of one part, whatever came before them: reduced to what they say together, so
-- that any number costs one write, and none where they say nothing new. History keeps each of them,
-- also those that contradict. Returns the part as it is now.
-- `p_claim` is part 1 of the message, locked by the caller; `p_statuses` is
-- [{status, occurred_at, error}].
create or replace function apply_statuses(
  p_claim message_tracking, p_part integer, p_message_id text, p_statuses jsonb
) returns message_tracking
language plpgsql
as $$
declare
  v_told message_tracking;
  v_part message_tracking;
begin
  select max(s.status), min(s.occurred_at),
         min(s.occurred_at) filter (where s.status = 'sent'),
         min(s.occurred_at) filter (where s.status = 'delivered'),
         min(s.occurred_at) filter (where s.status = 'read'),
         min(s.occurred_at) filter (where s.status = 'played'),
         min(s.occurred_at) filter (where s.status = 'failed'),
         (array_agg(s.error order by s.occurred_at desc) filter (where s.error is not null))[1]
    into v_told.status, v_told.accepted_at, v_told.sent_at, v_told.delivered_at, v_told.read_at,
         v_told.played_at, v_told.failed_at, v_told.error
    from jsonb_to_recordset(p_statuses)
      as s (status message_status, occurred_at timestamptz, error jsonb);

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
     'accepted', p_message_id, v_told.status, v_told.accepted_at, v_told.sent_at,
     v_told.delivered_at, v_told.read_at, v_told.played_at, v_told.failed_at, v_told.error)
  on conflict (tenant_id, source_id, direction, channel_id, part) do update
    set outcome = 'accepted',
        target_id = coalesce(t.target_id, excluded.target_id),
        status = advance(t.status, excluded.status),
        accepted_at = coalesce(t.accepted_at, excluded.accepted_at),
        sent_at = least(t.sent_at, excluded.sent_at),
        delivered_at = least(t.delivered_at, excluded.delivered_at),
        read_at = least(t.read_at, excluded.read_at),
        played_at = least(t.played_at, excluded.played_at),
        failed_at = least(t.failed_at, excluded.failed_at),
        error = coalesce(excluded.error, t.error),
        updated_at = now()
    where t.outcome is distinct from 'accepted' or t.target_id is null or t.accepted_at is null
       or t.status is distinct from advance(t.status, excluded.status)
       or t.sent_at is distinct from least(t.sent_at, excluded.sent_at)
       or t.delivered_at is distinct from least(t.delivered_at, excluded.delivered_at)
       or t.read_at is distinct from least(t.read_at, excluded.read_at)
       or t.played_at is distinct from least(t.played_at, excluded.played_at)
       or t.failed_at is distinct from least(t.failed_at, excluded.failed_at)
       or t.error is distinct from coalesce(excluded.error, t.error)
  returning * into v_part;
  if not found then -- they said nothing new
    select * into v_part from message_tracking t
     where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
       and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id
       and t.part = p_part;
  end if;

  insert into message_events
    (tenant_id, channel_id, customer, tracking_id, part, direction, kind, at, content)
  select p_claim.tenant_id, p_claim.channel_id, p_claim.customer, p_claim.tracking_id, p_part,
         p_claim.direction, s.status::text, s.occurred_at, s.error
    from jsonb_to_recordset(p_statuses)
      as s (status message_status, occurred_at timestamptz, error jsonb)
  on conflict do nothing;
  return v_part;
end $$;

grant execute on function apply_statuses to parley_functions;
