"""Genesys to WhatsApp, behind the queue: the agent's words to the customer, or why not."""
