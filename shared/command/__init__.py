"""What every command of ours has in common: arguments, output, the end. Standard library alone."""
