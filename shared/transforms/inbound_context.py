"""What is known around a customer's message: its file, what it is about, which option it taps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.whatsapp.items import message_type
from shared.whatsapp.media import GENESYS_MAX_BYTES, GenesysMediaType
from shared.wire.body import Json
from shared.wire.sizes import CUSTOMERS, excess, pruned

TapType = Literal["Button", "QuickReply", "DatePicker"]


@dataclass(frozen=True, slots=True)
class File:
    """The customer's file where Genesys can fetch it: `size` in bytes, `sha256` in hex."""

    url: str
    mime: str
    media_type: GenesysMediaType
    filename: str | None = None
    size: int | None = None
    sha256: str | None = None

    @property
    def fits(self) -> bool:
        """Whether it can stand in a message; a larger one is given as a link."""
        return self.size is None or self.size <= GENESYS_MAX_BYTES


@dataclass(frozen=True, slots=True)
class Missing:
    """Why the file is not there, for the agent: it failed for good, or it comes later."""

    words: str


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that this one is about, as it was shown; whether the customer wrote it."""

    text: str
    by_customer: bool


@dataclass(frozen=True, slots=True)
class Tap:
    """The option that was tapped, and the Genesys message that offered it."""

    originating_id: str
    type: TapType
    text: str
    payload: str


@dataclass(frozen=True, slots=True)
class Context:
    """What earlier messages tell about this one."""

    quote: Quote | None = None
    tap: Tap | None = None


ALONE = Context()
"""Nothing is known: the message stands by itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message with all that is known around it: what every row of the tables is given.

    `more`: of what is shown of such a message there is more than can be, which is left out.
    """

    message: Json
    context: Context = ALONE
    file: File | Missing | None = None
    more: bool = False

    @classmethod
    def of(
        cls, message: Json, context: Context = ALONE, file: File | Missing | None = None
    ) -> Reading:
        """Read a message as it came, however large it is."""
        if excess(message, CUSTOMERS) is None:
            return cls(message, context, file)
        left, kind = pruned(message), message_type(message)
        shown = (kind, "context", "referral", "errors") if kind in message else message
        return cls(left, context, file, any(left.get(one) != message.get(one) for one in shown))
