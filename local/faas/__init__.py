"""faas-local: the functions of stack.yml as processes, supervised as the platform would."""
