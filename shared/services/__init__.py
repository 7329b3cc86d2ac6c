"""Typed clients and bodies of the calls between functions."""
