"""A conversation for two tenants, played against the running stack and told as a transcript."""
