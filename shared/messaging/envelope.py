"""The event: one message or status as a CloudEvent 1.0 in structured mode, all of it in the body.

Structured, because it is the one form that every RabbitMQ trigger carries whole.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.runtime.clock import rfc3339
from shared.runtime.errors import BadInput, BodyTooLarge
from shared.runtime.faults import in_words, said

CONTENT_TYPE = "application/cloudevents+json"
MAX_EVENT_BYTES = 5 * 1024 * 1024  # the functions' own body limit: 3 MB of raw body in base64 fits


class EventType(StrEnum):
    """What an event tells. A type that is not here is carried all the same."""

    WHATSAPP_MESSAGE = "parley.whatsapp.message.v1"
    WHATSAPP_STATUS = "parley.whatsapp.status.v1"
    # A webhook field that holds neither: {field, value, waba_id, path}; `channelid` may be absent.
    WHATSAPP_CHANGE = "parley.whatsapp.change.v1"
    # A file that could not be fetched when its message was shown: data as that message's.
    WHATSAPP_FILE = "parley.whatsapp.file.v1"
    GENESYS_MESSAGE = "parley.genesys.message.v1"
    # A message that the connector has given up: its agent is told, it is not sent. Data as of that
    # message, and {buried: {code}}.
    GENESYS_BURIED = "parley.genesys.buried.v1"
    RAW = "parley.raw.v1"  # bytes whose storing failed: {bucket, key, content_type, body_base64}


# Names end up as AMQP properties, HTTP headers and PostgreSQL text: no control characters.
PRINTABLE = in_words(r"^[^\x00-\x1f\x7f]+$", "holds a control character")
Name = Annotated[str, Field(min_length=1, max_length=512, pattern=PRINTABLE)]


def _uuid_text(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("is not a UUID") from None


Uuid = Annotated[str, AfterValidator(_uuid_text)]


class Event(BaseModel):
    """One thing that happened, told once. `id` is the idempotency key.

    `time` is the provider's. `tenantid` and `channelid` are UUIDs, absent where bytes belong to no
    tenant yet. Events of one `partitionkey` are handled in the order they were published.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"] = "1.0"
    id: Name
    type: Name
    source: Name
    subject: Name | None = None
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    tenantid: Uuid | None = None
    channelid: Uuid | None = None
    partitionkey: Name
    traceparent: Annotated[str, Field(max_length=128, pattern=PRINTABLE)] | None = None
    data: dict[str, Any]

    def encode(self) -> bytes:
        """The event as JSON; absent attributes are left out.

        Raises BadInput when `data` holds what JSON cannot, BodyTooLarge over MAX_EVENT_BYTES.
        """
        named = {name: getattr(self, name) for name in _ATTRIBUTES}
        present = {name: value for name, value in named.items() if value is not None}
        present["time"] = rfc3339(self.time)
        try:
            body = orjson.dumps(present)
        except TypeError as error:  # orjson's own words: a type or a fault, never a value
            raise BadInput(f"event data can not be written as JSON: {error}") from None
        _check_size(body)
        return body

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read an event. Raises BadInput naming the attributes at fault, never their values."""
        _check_size(body)
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadInput(f"event is not JSON: {error.msg} at byte {error.pos}") from None
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise BadInput(f"event is not a Parley CloudEvent: {_faults(error)}") from None


_ATTRIBUTES = tuple(Event.model_fields)


def _check_size(body: bytes) -> None:
    if len(body) > MAX_EVENT_BYTES:
        raise BodyTooLarge(f"event has {len(body)} bytes, the limit is {MAX_EVENT_BYTES}")


def _faults(error: ValidationError) -> str:
    return said(error.errors(include_input=False, include_url=False))
