"""Limits before the providers' own: shared by all replicas in Redis, a share in each without it."""
