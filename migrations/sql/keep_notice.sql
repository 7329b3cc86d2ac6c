-- What a provider says of accounts, numbers and templates. False when it was known.
create or replace function keep_notice(
  p_tenant_id uuid, p_channel_id uuid, p_provider text, p_field text, p_event text,
  p_severity text, p_value jsonb, p_occurred_at timestamptz, p_event_id text
) returns boolean
language plpgsql
as $$
begin
  perform set_config('app.tenant_id', p_tenant_id::text, true);
  insert into notices
    (tenant_id, event_id, channel_id, provider, field, event, severity, value, occurred_at)
  values
    (p_tenant_id, p_event_id, p_channel_id, p_provider, p_field, p_event, p_severity, p_value,
     p_occurred_at)
  on conflict do nothing;
  return found;
end $$;

grant execute on function keep_notice to parley_functions;
