-- How Genesys names the customer of this name: shared.genesys.build.open_address, for those whom it
-- knows by another name than we do.
create or replace function receipt_address(p_customer text) returns jsonb
language sql stable as $$
  select case when p_customer ~ '^[0-9]+$'
              then jsonb_build_object('id', '+' || p_customer, 'idType', 'Phone')
              else jsonb_build_object('id', p_customer, 'idType', 'Opaque') end
$$;

grant execute on function receipt_address to parley_functions;
