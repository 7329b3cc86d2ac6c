"""What the state function knows and does; the handler beside it only joins it to HTTP."""
