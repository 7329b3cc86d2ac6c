"""A developer's machine: the servers, the simulators, and faas-local, which runs stack.yml."""
