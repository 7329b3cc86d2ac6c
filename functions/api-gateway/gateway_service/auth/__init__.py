"""Who calls: a person with a token of the identity provider, or a program with an API key."""
