"""The Genesys door: whose integration, who signed, which event it becomes."""
