"""The Graph API of WhatsApp: sending, statuses and webhooks (contract: meta)."""
