"""The one public door: what may come in, from whom, how much, and the way to the functions."""
