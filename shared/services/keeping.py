"""Calls of the state function by the doors: what nothing else took, and what came in."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.envelope import PRINTABLE
from shared.runtime.faults import in_words
from shared.runtime.peer import Peer
from shared.services.fields import Moment, Uuid

SPOOL_S = 1.2  # seconds; the doors have not much more when all else is frozen
ARRIVALS_S = 10.0
MOST_ARRIVALS = 5000


_NAME = in_words(r"^[0-9a-f-]{10,100}$", "is no name of spooled events")


class SpoolRequest(BaseModel):
    """Events of one line, as `shared.messaging.spool` writes them. Kept once a name."""

    model_config = ConfigDict(hide_input_in_errors=True)

    installation: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(pattern=_NAME)]
    tenant_id: Uuid | None = None
    body: Annotated[str, Field(min_length=1)]
    behind_s3: bool


class Kept(BaseModel):
    """It is durable."""

    kept: Literal[True] = True


class Arrival(BaseModel):
    """A message that came in and was answered 200."""

    event_id: Annotated[str, Field(min_length=1, max_length=512, pattern=PRINTABLE)]
    tenant_id: Uuid
    direction: Literal["inbound", "outbound"]
    arrived_at: Moment


class Arrivals(BaseModel):
    """Some of them."""

    arrivals: Annotated[list[Arrival], Field(max_length=MOST_ARRIVALS)]


class Arrived(BaseModel):
    """How many of them were not known to be open."""

    new: int


class KeepingClient:
    """The doors' side. Raises Unavailable, Unknown, BodyTooLarge."""

    def __init__(self, state: Peer) -> None:
        self._state = state

    async def spool(self, request: SpoolRequest) -> None:
        """Keep events in PostgreSQL."""
        await self._state.call("POST", "/state/spool", body=request, answer=Kept, timeout=SPOOL_S)

    async def arrived(self, arrivals: list[Arrival]) -> int:
        """Note what came in; the number of those that were new."""
        told = await self._state.call(
            "POST",
            "/state/arrivals",
            body=Arrivals(arrivals=arrivals),
            answer=Arrived,
            timeout=ARRIVALS_S,
        )
        return told.new
