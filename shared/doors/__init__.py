"""What the body of a webhook becomes: for the doors, and for a replay of what they stored."""
