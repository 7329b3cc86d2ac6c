"""Tenants: who an identifier belongs to, what they configured, and their secrets at rest."""
