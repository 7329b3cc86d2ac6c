"""What goes to Meta as `biz_opaque_callback_data` and comes back with every status of a message.

It names a part of ours even when the answer of the send, and with it the wamid, was lost; and the
file that the part shows, of which Meta may say later that it can not use it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shared.transforms.parts import ShownFile

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NUMBER = r"\d{1,4}"
_SHOWN = rf"({_NUMBER})\.({_NUMBER})(w)?"
_OURS = re.compile(rf"({_UUID})(?::({_NUMBER})(?::{_SHOWN})?)?", re.ASCII)
MOST = 9999  # of what is counted here


class CallbackData(NamedTuple):
    """What the data says; no `tracking_id` where it is not ours, such as another app's."""

    tracking_id: str | None = None
    part: int = 1
    shown: ShownFile | None = None


def callback_data(tracking_id: str, part: int, shown: ShownFile | None = None) -> str:
    """Return what to send with a part: far less than the 512 characters that Meta takes."""
    named = f"{tracking_id}:{part}"
    if shown is None or max(shown.element, shown.block) > MOST:
        return named
    return f"{named}:{shown.element}.{shown.block}{'w' * shown.worded}"


def read_callback_data(data: str | None) -> CallbackData:
    """Return what the data says."""
    ours = _OURS.fullmatch(data or "")
    if ours is None:
        return CallbackData()
    tracking_id, part, element, block, worded = ours.groups(default="")
    if int(part or "1") == 0:
        return CallbackData()
    shown = ShownFile(int(element), int(block), bool(worded)) if element else None
    return CallbackData(tracking_id, int(part or "1"), shown)
