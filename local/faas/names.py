"""Names that options and help need without loading what they name."""

SERVERS = ("rabbitmq", "postgres", "s3", "redis")
MODES = ("local", "docker", "none")  # who runs the servers
SUPERVISOR = "supervisor"
