"""An agent's message that is too large is refused in words, before any work is done on it."""

from __future__ import annotations

from shared.genesys.payloads import OutboundMessage
from shared.transforms.outbound_blocks import Refusal
from shared.wire.sizes import AGENTS, ELEMENTS, PARTS, Excess, excess

TOO_MANY = Refusal(
    "InvalidMessageStructure",
    f"The message has over {ELEMENTS} elements, so nothing of it was sent. Send it in several "
    "messages.",
)
TOO_MANY_PARTS = Refusal(
    "InvalidMessageStructure",
    f"The message would become over {PARTS} messages in WhatsApp, so nothing of it was sent. Send "
    "it in several messages.",
)
TOO_LONG = Refusal(
    "InvalidMessageStructure",
    "The message is far too long, so nothing of it was sent. Send it in several messages.",
)
TOO_DEEP = Refusal(
    "InvalidMessageStructure",
    "The message is nested too deep, so nothing of it was sent. Send it as a text.",
)
_REFUSALS: dict[Excess, Refusal] = {"text": TOO_LONG, "elements": TOO_MANY, "levels": TOO_DEEP}


def too_large(message: OutboundMessage) -> Refusal | None:
    """Why nothing is made of a message; None for one of a size that either cloud knows."""
    found = excess([message.text, message.content, message.date_picker], AGENTS)
    return _REFUSALS[found] if found else None
