"""Genesys Cloud Open Messaging: signature, webhook payloads, send bodies, errors, client."""
