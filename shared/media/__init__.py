"""Files of customers and agents: fetched under guard, known by content, stored in pieces."""
