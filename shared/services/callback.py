"""What goes to Meta as `biz_opaque_callback_data` and comes back with every status of a message.

It names a part of ours even when the answer of the send, and with it the wamid, was lost.
"""

from __future__ import annotations

from uuid import UUID

MAX_PART_DIGITS = 4


def callback_data(tracking_id: str, part: int) -> str:
    """Return what to send with a part: far less than the 512 characters that Meta takes."""
    return f"{tracking_id}:{part}"


def read_callback_data(data: str | None) -> tuple[str | None, int]:
    """Return tracking id and part; (None, 1) for data that is not ours, such as another app's."""
    tracking_id, _, part = (data or "").partition(":")
    try:
        ours = str(UUID(tracking_id)) == tracking_id
    except ValueError:
        ours = False
    part = part or "1"
    if not ours or not (part.isascii() and part.isdigit()) or len(part) > MAX_PART_DIGITS:
        return None, 1
    return (tracking_id, int(part)) if int(part) else (None, 1)
