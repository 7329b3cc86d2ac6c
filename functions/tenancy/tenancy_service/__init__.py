"""The tenancy function's logic: what operators declare, kept, resolved, and never shown again."""
