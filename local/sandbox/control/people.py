"""Control of the people: customers who write, agents who answer, and raw webhooks."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.control.answers import WrongError, shown, taken
from local.sandbox.genesys import wire as platform_wire
from local.sandbox.genesys.agents import Signature as PlatformSignature
from local.sandbox.genesys.agents import UnknownError, Writing
from local.sandbox.graph import statuses, webhooks, wire
from local.sandbox.graph.customers import Said, UnknownNumberError, say
from local.sandbox.room.letters import Delivery
from local.sandbox.world import World

LONGEST_WAIT_S = 60.0
OK = 200


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


class RawWhatsApp(Raw):
    """`app` owns the callback; `sign_as` another app whose secret is to be used."""

    app: str
    sign_as: str | None = None
    signature: webhooks.Signature = "good"


class RawGenesys(Raw):
    """`sign_as`: another integration whose secret is to be used."""

    integration_id: str
    sign_as: str | None = None
    signature: PlatformSignature = "good"


class Hand(BaseModel):
    """A status sent by hand, about a message accepted before."""

    model_config = ConfigDict(extra="forbid")
    message_id: str
    status: Literal["sent", "delivered", "read", "played", "failed"]
    code: int | None = None


class Verify(BaseModel):
    """The GET check of an app's callback. `verify_token`: another than the app's."""

    model_config = ConfigDict(extra="forbid")
    app: str
    verify_token: str | None = None


class Leaving(BaseModel):
    """The last agent leaves a conversation."""

    model_config = ConfigDict(extra="forbid")
    conversation_id: str


async def _sent(delivery: Delivery, told: dict[str, Any], *, wait: bool) -> Response:
    if wait:
        over = asyncio.shield(delivery.over)
        done, _ = await asyncio.wait([over], timeout=LONGEST_WAIT_S)
        if not done:
            over.cancel()
    record = delivery.record.shown()
    webhook = {k: record[k] for k in ("seq", "state", "tries", "attempts")}
    return shown(told | {"webhook": webhook}, 202)


@dataclass(slots=True)
class People:
    """The handlers."""

    world: World

    async def customer_says(self, request: Request) -> Response:
        """POST: a customer writes."""
        said = await taken(request, Said)
        try:
            ids, delivery = say(self.world.house, self.world.messages, said)
        except UnknownNumberError as unknown:
            raise WrongError(str(unknown), 404) from unknown
        return await _sent(delivery, {"ids": ids}, wait=said.wait)

    async def agent_says(self, request: Request) -> Response:
        """POST: an agent writes."""
        writing = await taken(request, Writing)
        try:
            message_id, conversation, delivery = self.world.agents.write(writing)
        except UnknownError as unknown:
            raise WrongError(str(unknown), 404) from unknown
        told = {"id": message_id, "conversation_id": conversation.id, "to": conversation.user_id}
        return await _sent(delivery, told, wait=writing.wait)

    async def disconnect(self, request: Request) -> Response:
        """POST: the last agent leaves; the threading window begins."""
        leaving = await taken(request, Leaving)
        known = self.world.conversations.find(leaving.conversation_id)
        if known is None:
            raise WrongError(f"no conversation {leaving.conversation_id!r}", 404)
        self.world.conversations.disconnect(known)
        return shown({"disconnected": known.id})

    async def raw_whatsapp(self, request: Request) -> Response:
        """POST: a whole webhook body of Meta's, as it is."""
        raw = await taken(request, RawWhatsApp)
        house, apps = self.world.house, self.world.house.directory.apps
        app, signer = apps.get(raw.app), apps.get(raw.sign_as or raw.app)
        if app is None or signer is None:
            raise WrongError(f"no app {raw.app!r} or {raw.sign_as!r} in the set-up", 404)
        exact = raw.exact()
        body = wire.encoded(raw.body) if exact is None else exact
        out = webhooks.Outgoing(body, "raw", f"raw:{secrets.token_hex(8)}", {}, {})
        url = raw.callback_url or app.callback_url
        letter = webhooks.letter(house, signer, url, out, raw.signature)
        letter.body = raw.spoiled(letter.body)
        return await _sent(house.sender.send(letter), {}, wait=raw.wait)

    async def raw_genesys(self, request: Request) -> Response:
        """POST: a whole webhook body of Genesys', as it is."""
        raw = await taken(request, RawGenesys)
        integrations = self.world.house.directory.integrations
        known = integrations.get(raw.integration_id)
        signer = integrations.get(raw.sign_as or raw.integration_id)
        if known is None or signer is None:
            raise WrongError(f"no integration {raw.integration_id!r} or {raw.sign_as!r}", 404)
        exact = raw.exact()
        body = platform_wire.encoded(raw.body) if exact is None else exact
        letter = self.world.agents.letter(signer[1], body, "raw", raw.signature)
        letter.url = raw.callback_url or known[1].webhook_url
        letter.lane = f"raw:{secrets.token_hex(8)}"
        letter.body = raw.spoiled(letter.body)
        return await _sent(self.world.house.sender.send(letter), {}, wait=raw.wait)

    async def status(self, request: Request) -> Response:
        """POST: one status of a message that was accepted before."""
        hand = await taken(request, Hand)
        house = self.world.house
        entry = house.ledger.find("whatsapp", hand.message_id)
        number = house.directory.numbers.get(entry.thread.line) if entry is not None else None
        if entry is None or entry.direction != "got" or number is None:
            raise WrongError(f"no accepted message {hand.message_id!r}", 404)
        customer, data = entry.thread.customer, entry.extra.get("callback_data")
        scoped = not customer.isdigit()
        sent = statuses.Sent(number, entry.id, customer, scoped, entry.type, data)
        return shown({"seq": int(statuses.emit(house, sent, hand.status, hand.code))}, 202)

    async def verify(self, request: Request) -> Response:
        """POST: make the GET verification call of an app's callback (meta (a.1))."""
        wanted = await taken(request, Verify)
        app = self.world.house.directory.apps.get(wanted.app)
        if app is None:
            raise WrongError(f"no app {wanted.app!r} in the set-up", 404)
        challenge = str(secrets.randbelow(10**10))
        token = app.verify_token if wanted.verify_token is None else wanted.verify_token
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.get(app.callback_url, params=query, allow_redirects=False) as got,
            ):
                status, body = got.status, (await got.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError) as wrong:
            raise WrongError(f"no answer from {app.callback_url}: {wrong!r}", 502) from wrong
        verified = status == OK and body == challenge
        return shown({"verified": verified, "status": status, "body": body[:300]})
