"""Events, queues and the outcomes of sends."""
