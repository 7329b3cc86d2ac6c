"""The one error of this room: what happened, to what, and what to do next."""

from __future__ import annotations


class FaasError(Exception):
    """Said to the person at the keyboard as it is; the command ends with 1."""
