"""Kinds of fields in the bodies of calls: ids, moments, and text that PostgreSQL can keep."""

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
    StringConstraints,
)

from shared.runtime.clock import rfc3339

MAX_ID = 512  # characters; wamids are about 60 and opaque, so there is room


def _without_nul(text: str) -> str:
    """Replace NUL, which PostgreSQL's text cannot hold, by the sign for what cannot be shown."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _showable(value: Any) -> Any:
    """Do the same in all of a JSON value, its keys too."""
    match value:
        case str():
            return _without_nul(value)
        case dict():
            return {_without_nul(key): _showable(item) for key, item in value.items()}
        case list():
            return [_showable(item) for item in value]
        case _:
            return value


Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID, pattern=r"^[^\x00]+$")]
Text = Annotated[str, AfterValidator(_without_nul)]
Json = Annotated[dict[str, Any], AfterValidator(_showable)]
Moment = Annotated[AwareDatetime, PlainSerializer(rfc3339, when_used="json")]
# An absent phone number comes as "" from some senders.
OptionalId = Annotated[Id | None, BeforeValidator(lambda value: value or None)]
