"""WhatsApp Cloud API: signature, webhook payloads, send bodies, error table, client."""
