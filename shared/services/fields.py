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
from shared.runtime.faults import in_words

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


UUID = in_words(
    r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "is an id such as 7d0c5a52-5e0c-4a5e-9a57-0d3c2f6b1a11, not a name",
)
_WITHOUT_NUL = in_words(r"^[^\x00]+$", "holds the character NUL")
Uuid = Annotated[str, StringConstraints(pattern=UUID)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID, pattern=_WITHOUT_NUL)]
Text = Annotated[str, AfterValidator(_without_nul)]
Json = Annotated[dict[str, Any], AfterValidator(_showable)]
Moment = Annotated[AwareDatetime, PlainSerializer(rfc3339, when_used="json")]
# An absent phone number comes as "" from some senders.
OptionalId = Annotated[Id | None, BeforeValidator(lambda value: value or None)]
