"""Control of Genesys' side: agents who write and leave, raw webhooks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.control.answers import WrongError, shown, taken
from local.sandbox.control.sending import Raw, host, sent
from local.sandbox.genesys import wire
from local.sandbox.genesys.agents import UnknownError
from local.sandbox.genesys.writings import Signature, Writing
from local.sandbox.room.kinds import WrongKindError
from local.sandbox.world import World


class RawGenesys(Raw):
    """`sign_as`: another integration whose secret is to be used."""

    integration_id: str
    sign_as: str | None = None
    signature: Signature = "good"


class Leaving(BaseModel):
    """The last agent leaves a conversation."""

    model_config = ConfigDict(extra="forbid")
    conversation_id: str


@dataclass(slots=True)
class AgentDoors:
    """The handlers."""

    world: World

    async def says(self, request: Request) -> Response:
        """POST: an agent writes."""
        writing = await taken(request, Writing)
        try:
            written = await self.world.platform.agents.send(writing, host(request))
        except UnknownError as unknown:
            raise WrongError(str(unknown), 404) from unknown
        except WrongKindError as wrong:
            raise WrongError(str(wrong)) from wrong
        talk = written.conversation
        told = {"id": written.id, "conversation_id": talk.id, "to": talk.user_id}
        return await sent(written.delivery, told | {"files": written.files}, wait=writing.wait)

    async def disconnect(self, request: Request) -> Response:
        """POST: the last agent leaves; the threading window begins."""
        leaving = await taken(request, Leaving)
        known = self.world.platform.conversations.find(leaving.conversation_id)
        if known is None:
            raise WrongError(f"no conversation {leaving.conversation_id!r}", 404)
        self.world.platform.conversations.disconnect(known)
        return shown({"disconnected": known.id})

    async def raw(self, request: Request) -> Response:
        """POST: a whole webhook body of Genesys', as it is."""
        raw = await taken(request, RawGenesys)
        integrations = self.world.house.directory.integrations
        known = integrations.get(raw.integration_id)
        signer = integrations.get(raw.sign_as or raw.integration_id)
        if known is None or signer is None:
            raise WrongError(f"no integration {raw.integration_id!r} or {raw.sign_as!r}", 404)
        exact = raw.exact()
        body = wire.encoded(raw.body) if exact is None else exact
        letter = self.world.platform.agents.letter(signer[1], body, "raw", raw.signature)
        letter.url = raw.callback_url or known[1].webhook_url
        letter.lane = f"raw:{secrets.token_hex(8)}"
        letter.body = raw.spoiled(letter.body)
        return await sent(self.world.house.sender.send(letter), {}, wait=raw.wait)
