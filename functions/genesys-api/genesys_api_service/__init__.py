"""The flow behind genesys-api: one finished message or receipt, a tenant's token, one outcome."""
