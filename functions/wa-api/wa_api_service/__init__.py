"""The flow behind wa-api: one finished message or one file, a tenant's token, one outcome."""
