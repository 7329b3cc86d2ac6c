"""Thin clients of the three stores: PostgreSQL, Redis and S3."""
