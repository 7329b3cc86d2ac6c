"""WhatsApp to Genesys, behind the queue: messages to the agent, statuses to receipts."""
