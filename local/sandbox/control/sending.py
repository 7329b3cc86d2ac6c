"""What the doors for people share: raw bodies, the answer once a webhook was sent."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.control.answers import WrongError, shown
from local.sandbox.room.letters import Delivery

LONGEST_WAIT_S = 60.0


class Raw(BaseModel):
    """A body to be signed and sent as it is: `body` (JSON), or exact bytes as Base64.

    `truncate_bytes` are cut off the end after signing.
    """

    model_config = ConfigDict(extra="forbid")
    body: Any = None
    raw_base64: str | None = None
    truncate_bytes: int = Field(0, ge=0)
    callback_url: str | None = None
    wait: bool = True

    def spoiled(self, body: bytes) -> bytes:
        """The body less what is to be cut off."""
        return body[: len(body) - self.truncate_bytes]

    def exact(self) -> bytes | None:
        """The given bytes, if bytes were given."""
        if self.raw_base64 is None:
            return None
        try:
            return base64.b64decode(self.raw_base64, validate=True)
        except binascii.Error as wrong:
            raise WrongError(f"raw_base64 is not Base64: {wrong}") from wrong


def host(request: Request) -> str:
    """The sandbox's own address, as this caller knows it."""
    return f"{request.scope['scheme']}://{request.headers.get('host', '')}"


async def sent(delivery: Delivery, told: dict[str, Any], *, wait: bool) -> Response:
    """Answer what came of a webhook: at once, or with `wait` when it was taken or given up."""
    if wait:
        over = asyncio.shield(delivery.over)
        done, _ = await asyncio.wait([over], timeout=LONGEST_WAIT_S)
        if not done:
            over.cancel()
    record = delivery.record.shown()
    webhook = {k: record[k] for k in ("seq", "state", "tries", "attempts")}
    return shown(told | {"webhook": webhook}, 202)
