"""The place in a list that goes on with older rows: a moment and an id, as one opaque text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.runtime.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(r"(?P<at>\d{1,17})-(?P<id>[0-9a-f]{32})")


def moment_of(microseconds: int) -> datetime:
    """The moment so long after 1970 began."""
    return _EPOCH + timedelta(microseconds=microseconds)


@dataclass(frozen=True)
class Place:
    """Where a page ended: the moment of its last row, to the microsecond, and that row's UUID."""

    at: datetime
    id: str

    @property
    def text(self) -> str:
        """What a caller gives back to go on."""
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{UUID(self.id).hex}"

    @classmethod
    def read(cls, text: str | None) -> Place | None:
        """The place that a text names; None for none. Raises BadInput."""
        if text is None:
            return None
        match = _TEXT.fullmatch(text)
        if match is None:
            raise BadInput("cursor: give back what the page before gave as `next`")
        return cls(moment_of(int(match["at"])), str(UUID(match["id"])))
