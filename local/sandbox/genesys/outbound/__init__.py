"""What reaches an Open Messaging integration by webhook, by name (genesys (c3))."""
