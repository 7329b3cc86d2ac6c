-- Writes the outcomes of the parts after the first; part 1 is complete_message's own.
create or replace function write_parts(
  p_claim message_tracking, p_parts jsonb, p_final boolean
) returns void
language plpgsql
as $$
begin
  insert into message_tracking as t
    (tenant_id, channel_id, direction, source_id, part, tracking_id, customer, conversation_id, kind,
     occurred_at, outcome, target_id, status, accepted_at, error)
  select p_claim.tenant_id, p_claim.channel_id, p_claim.direction, p_claim.source_id, x.part,
         p_claim.tracking_id, p_claim.customer, p_claim.conversation_id, p_claim.kind,
         p_claim.occurred_at, x.outcome, x.target_id,
         case x.outcome when 'accepted' then 'accepted'::message_status end,
         case x.outcome when 'accepted' then now() end, x.error
    from jsonb_to_recordset(p_parts) as x (part integer, outcome text, target_id text, error jsonb)
   where x.part > 1
  on conflict (tenant_id, source_id, direction, channel_id, part) do update
    set outcome = excluded.outcome, target_id = coalesce(excluded.target_id, t.target_id),
        status = excluded.status, accepted_at = excluded.accepted_at, error = excluded.error,
        updated_at = now()
    where t.outcome is distinct from 'accepted';

  if p_final then -- what is refused now stays so
    update message_tracking t set status = 'failed', failed_at = now()
     where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
       and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id and t.part > 1
       and t.outcome = 'refused' and t.status is null;
  end if;
end $$;

grant execute on function write_parts to parley_functions;
