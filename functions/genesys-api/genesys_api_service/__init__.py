"""The flow behind genesys-api: one finished body or one file, a tenant's token, one outcome."""
