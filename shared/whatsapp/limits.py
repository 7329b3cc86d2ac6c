"""The lengths that WhatsApp takes (contracts/meta.md c.2, c.3), and how a length is counted."""

from __future__ import annotations

import re

TEXT = 4096
CAPTION = 1024
BODY = 1024  # of an interactive message, and of a template once it is filled
BUTTONS = 3
BUTTON_TITLE = 20
ROWS = 10  # of a list, in all its sections together
ROW_TITLE = 24
ROW_DETAIL = 72
SECTION_TITLE = 24
LIST_BUTTON = 20
LINK_BUTTON = 20
LINK_URL = 2000
MEDIA_URL = 2048
FILENAME = 240
TEMPLATE_HEADER = 60
TEMPLATE_BODY = 1024
PLACE = 1000
CALLBACK = 512

_LINK = re.compile(r"https?://[^\s\x00-\x1f\x7f]+")


def size(text: str) -> int:
    """Length in UTF-16 units: at least the code points, whichever of the two Meta counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_link(value: str | None, limit: int = MEDIA_URL) -> bool:
    """Whether Meta would take the whole string as an address on the web."""
    return value is not None and size(value) <= limit and _LINK.fullmatch(value) is not None
