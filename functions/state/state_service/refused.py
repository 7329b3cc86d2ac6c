"""A page of refused messages: what may be asked, and where the next page begins."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.services.fields import Moment, Uuid
from shared.services.pages import Place, moment_of
from shared.services.state import Direction


class Wanted(BaseModel):
    """Which of a tenant's messages. `since` and `until` are of the refusal."""

    tenant_id: Uuid
    state: Literal["refused"]
    channel_id: Uuid | None = None
    direction: Direction | None = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: str | None = None
    limit: int = Field(100, ge=1, le=500)

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the SQL function: one row more than asked for tells whether there are more."""
        place = Place.read(self.cursor)
        return {
            **self.model_dump(exclude={"state", "cursor", "limit"}),
            "before_at": None if place is None else place.at,
            "before_id": None if place is None else place.id,
            "limit": self.limit + 1,
        }


def page_of(found: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    """The answer: the rows, and the cursor of the next page when there is one."""
    places = [(row.pop("place"), row["tracking_id"]) for row in found]
    if len(found) <= limit:
        return {"messages": found, "next": None}
    micros, tracking_id = places[limit - 1]
    return {"messages": found[:limit], "next": Place(moment_of(micros), tracking_id).text}
