"""The auth function's logic: tokens of both providers, asked for once however many want them."""
