"""What every process of Parley stands on: settings, logs, errors, service tokens, the host."""
