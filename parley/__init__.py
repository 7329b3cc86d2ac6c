"""The operator's command: `parley`. Tenants, schema, keys, and what is wrong."""
