"""The flow behind wa-api: one finished message, a tenant's token, one outcome."""
