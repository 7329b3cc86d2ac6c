-- Somebody else has the number from `p_at` on. Whoever had it keeps name and history.
create or replace function leave_number(
  p_tenant_id uuid, p_customer text, p_numbers text[], p_at timestamptz
) returns void
language plpgsql
as $$
begin
  update customers c set wa_id = null, wa_id_at = p_at, updated_at = now()
   where c.tenant_id = p_tenant_id and c.customer = p_customer and c.wa_id = any (p_numbers);
end $$;

grant execute on function leave_number to parley_functions;
