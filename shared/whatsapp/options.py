"""The ids of what a customer can tap: they name the message that offered it, and which one it was.

An id that is not ours, such as another system's on the same number, is never taken for one.
"""

from __future__ import annotations

from uuid import UUID

MARK = "."
MAX_DIGITS = 4


def option_id(tracking_id: str, number: int) -> str:
    """The id of a message's option; `number` counts from 1. Well within Meta's 200 characters."""
    return f"{tracking_id}{MARK}{number}"


def read_option_id(id_: str | None) -> tuple[str, int] | None:
    """The tracking id and number that `option_id` made this id from; None for any other id."""
    tracking_id, mark, number = (id_ or "").rpartition(MARK)
    digits = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
    if not mark or not digits or number.startswith("0") or not _is_tracking_id(tracking_id):
        return None
    return tracking_id, int(number)


def _is_tracking_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
