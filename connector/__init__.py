"""RabbitMQ to HTTP: the one owner of retry, order per key, parking and dead letters."""
