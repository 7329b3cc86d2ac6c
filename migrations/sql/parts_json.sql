-- What became of each part of a message so far.
create or replace function parts_json(p_claim message_tracking) returns json
language plpgsql stable
as $$
begin
  return (
  select coalesce(json_agg(json_build_object(
           'part', t.part, 'target_id', t.target_id, 'status', t.status, 'outcome', t.outcome)
           order by t.part), '[]')
  from message_tracking t
  where t.tenant_id = p_claim.tenant_id and t.source_id = p_claim.source_id
    and t.direction = p_claim.direction and t.channel_id = p_claim.channel_id
    and t.outcome is not null);
end $$;

grant execute on function parts_json to parley_functions;
