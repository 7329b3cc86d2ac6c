"""The Genesys platform: OAuth, inbound open endpoints and webhooks (contract: genesys)."""
