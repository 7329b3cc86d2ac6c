"""An identity provider: discovery, keys that can be changed, tokens good and bad on demand."""
