"""Provider tokens: cached sealed, refreshed early, fetched once however many ask."""
