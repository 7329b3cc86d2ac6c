"""Calls of the delivery functions (wa-api, genesys-api): every way a call can end is a value.

A caller handles no exceptions: a send that may have arrived is `unknown`; a file's transfer, which
may be repeated at will, has an `error` that says whether to.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.messaging.moves import error_of
from shared.messaging.outcomes import SendError, SendOutcome, may_have_arrived, not_sent
from shared.runtime.errors import BadInput, ParleyError
from shared.runtime.faults import in_words
from shared.runtime.peer import Peer
from shared.services.fields import UUID
from shared.services.links import LinkLook, LinkLooked
from shared.tenancy.forms import DIGITS, INTEGRATION
from shared.wire.file_types import Form

# Longer than a delivery function can need: token, one send, one more after a rejected token.
CALL_TIMEOUT = 30.0

# A transfer ends by itself at its own limit; its answer may take so many seconds more.
ANSWER_MARGIN = 5.0
LONGEST_TRANSFER = 300.0  # seconds
LARGEST_FILE = 100 * 1024 * 1024  # bytes: Meta's documents, contracts/meta.md (d)

# Ids become parts of a provider's URL, so nothing but their own letters may pass.
Uuid = Annotated[str, StringConstraints(pattern=UUID)]
PhoneNumberId = Annotated[str, StringConstraints(pattern=DIGITS)]
IntegrationId = Annotated[str, StringConstraints(pattern=INTEGRATION)]
_MEDIA = in_words(r"^[A-Za-z0-9_-]{1,255}$", "is a media id of Meta's: letters, digits, '_', '-'")
_NAMES = in_words(r"^[^,]{1,255}(,[^,]{1,255}){0,7}$", "takes up to eight names, parted by commas")
MediaId = Annotated[str, StringConstraints(pattern=_MEDIA)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Names = Annotated[str, StringConstraints(pattern=_NAMES)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=8192)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Words = Annotated[str, StringConstraints(max_length=1024)]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_TRANSFER)]
Bytes = Annotated[int, Field(gt=0, le=LARGEST_FILE)]


class WhatsAppSend(BaseModel):
    """One message for Meta. `body` is the finished `POST /{phone_number_id}/messages` body.

    `per_second`: messages that the number may send, where its channel says it.
    """

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    phone_number_id: PhoneNumberId
    credential: Name = "default"
    per_second: Annotated[float, Field(ge=1, le=1000)] | None = None
    body: dict[str, Any]


class GenesysSend(BaseModel):
    """One message or receipt for Genesys. `body` is the finished Open Messaging body.

    `credential`: one OAuth client, or several parted by commas; the one with most calls left is
    used.
    """

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    integration_id: IntegrationId
    region: Name
    credential: Names = "default"
    body: dict[str, Any]


class MediaFetch(BaseModel):
    """A customer's file to bring from Meta into media-inbound.

    `url`, `mime`, `sha256` (hex or base64) and `filename` as the webhook told them. `max_bytes`
    is the cap of its kind; `seconds` the limit of the whole transfer, its waiting included.
    `message_id`: what its message is known by, so that an erasure finds the file.
    """

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    phone_number_id: PhoneNumberId
    credential: Name = "default"
    message_id: Words | None = None
    media_id: MediaId
    url: Url | None = None
    mime: Words | None = None
    sha256: Words | None = None
    filename: Words | None = None
    max_bytes: Bytes
    seconds: Seconds = 60.0


class GenesysMediaFetch(BaseModel):
    """An agent's file to bring from Genesys into media-outbound; fields as in MediaFetch."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    region: Name
    credential: Names = "default"
    message_id: Words | None = None
    url: Url
    mime: Words | None = None
    filename: Words | None = None
    sha256: Words | None = None
    max_bytes: Bytes = 25 * 1024 * 1024  # contracts/genesys.md (b7)
    seconds: Seconds = 60.0


class MediaUpload(BaseModel):
    """A stored file to give to Meta. `fresh`: the id that is remembered was refused, get another.

    `mime` is what Meta is told the file is; `sha256` names its content.
    """

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    phone_number_id: PhoneNumberId
    credential: Name = "default"
    bucket: Name
    key: Key
    mime: Words
    size: Bytes
    sha256: Words
    filename: Words | None = None
    fresh: bool = False
    seconds: Seconds = 60.0


class StoredFile(BaseModel):
    """A file in our S3. `mime` is what its content is; `url` opens it for everybody who has it.

    `filename` ends as its content says; `text`: whether that is text, whatever its type;
    `form`: how a picture or a sound is made inside.
    The link lives 7 days, the most that S3 signs for.
    """

    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    mime: str
    size: int  # bytes
    sha256: str  # hex
    filename: str | None = None
    url: str
    text: bool = False
    form: Form | None = None


class MediaOutcome(BaseModel):
    """The file, or why there is none; `error.retryable` says whether to ask again."""

    model_config = ConfigDict(frozen=True)

    file: StoredFile | None = None
    error: SendError | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.error is None):
            raise ValueError("a transfer ends with a file or with an error")
        return self


class UploadOutcome(BaseModel):
    """Meta's id of the file, or why there is none."""

    model_config = ConfigDict(frozen=True)

    id: str | None = None
    error: SendError | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.id is None) == (self.error is None):
            raise ValueError("an upload ends with an id or with an error")
        return self


class WaApiClient:
    """Sends to WhatsApp through the wa-api function."""

    def __init__(self, peer: Peer, *, timeout: float = CALL_TIMEOUT) -> None:
        self._call = _Call(peer, timeout)
        self._fetch = _Transfer(peer, MediaOutcome)
        self._upload = _Transfer(peer, UploadOutcome)

    async def send(self, request: WhatsAppSend) -> SendOutcome:
        """Send one message; an unknown fate must be cleared up before any repeat."""
        return await self._call("/whatsapp/send", request, repeatable=False)

    async def fetch_media(self, request: MediaFetch) -> MediaOutcome:
        """Bring a customer's file from Meta into S3. To repeat it does no harm."""
        return await self._fetch("/whatsapp/media/fetch", request, request.seconds)

    async def upload_media(self, request: MediaUpload) -> UploadOutcome:
        """Give a file in S3 to Meta, once for many sends. To repeat it does no harm."""
        return await self._upload("/whatsapp/media/upload", request, request.seconds)

    async def look(self, request: LinkLook) -> LinkLooked:
        """Whether Meta takes what lies at a link; not known when nobody answers."""
        path, limit = "/whatsapp/media/look", request.seconds + ANSWER_MARGIN
        peer = self._call.peer
        try:
            return await peer.call("POST", path, body=request, answer=LinkLooked, timeout=limit)
        except ParleyError:
            return LinkLooked()


class GenesysApiClient:
    """Sends to Genesys through the genesys-api function."""

    def __init__(self, peer: Peer, *, timeout: float = CALL_TIMEOUT) -> None:
        self._call = _Call(peer, timeout)
        self._fetch = _Transfer(peer, MediaOutcome)

    async def message(self, request: GenesysSend) -> SendOutcome:
        """Send one inbound message; a repeat needs the same messageId and time."""
        return await self._call("/genesys/messages", request, repeatable=True)

    async def receipt(self, request: GenesysSend) -> SendOutcome:
        """Send one delivery receipt; a 2xx that carries status Failed comes back as refused."""
        return await self._call("/genesys/receipts", request, repeatable=True)

    async def structured(self, request: GenesysSend) -> SendOutcome:
        """Send the customer's tap on an option; a repeat needs the same messageId and time."""
        return await self._call("/genesys/structured", request, repeatable=True)

    async def fetch_media(self, request: GenesysMediaFetch) -> MediaOutcome:
        """Bring an agent's file from Genesys into S3. To repeat it does no harm."""
        return await self._fetch("/genesys/media/fetch", request, request.seconds)


@dataclass(frozen=True)
class _Call:
    peer: Peer
    timeout: float

    async def __call__(self, path: str, body: BaseModel, *, repeatable: bool) -> SendOutcome:
        try:
            return await self.peer.call(
                "POST", path, body=body, answer=SendOutcome, timeout=self.timeout
            )
        except BadInput as error:
            return SendOutcome.refused(_our_fault(error))
        except ParleyError as error:
            if error.retryable == "unknown":
                lost = may_have_arrived(error.code, error.detail, repeatable=repeatable)
                return SendOutcome.unknown(lost)
            # A 404 of our own function is a fault of the deployment, not of the message.
            later = not_sent(error.code, error.detail, retry_after=error.retry_after)
            return SendOutcome.refused(later)


Ended = TypeVar("Ended", MediaOutcome, UploadOutcome)


@dataclass(frozen=True)
class _Transfer(Generic[Ended]):
    """A call about a file: whatever went wrong in between, it may be repeated."""

    peer: Peer
    outcome: type[Ended]

    async def __call__(self, path: str, body: BaseModel, seconds: float) -> Ended:
        limit = seconds + ANSWER_MARGIN
        try:
            return await self.peer.call("POST", path, body=body, answer=self.outcome, timeout=limit)
        except BadInput as error:
            return self.outcome(error=error_of(error))
        except ParleyError as error:
            later = not_sent(error.code, error.detail, retry_after=error.retry_after)
            return self.outcome(error=later)


def _our_fault(error: ParleyError) -> SendError:
    return SendError(
        provider_code=error.code,
        title="Not a message that can be sent",
        detail=error.detail,
        action="never",
        retryable=False,
        reason="InvalidMessageStructure",
        agent_words="The message could not be sent in this form. Write it differently.",
        operator_words="The delivery function refused the request as built; see its log.",
    )
