"""What the tests of the running functions share: a queue, as the connector is one, and callers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from local.sandbox.client import Sandbox
from shared.messaging.outcomes import SendOutcome
from shared.runtime.peer import Peer, http_session
from shared.services.delivery import GenesysApiClient, GenesysSend, WaApiClient, WhatsAppSend
from tests.delivery.bodies import CHANNEL, INTEGRATION
from tests.delivery.conftest import TOKENS, Delivery, token_answer
from tests.delivery.provider import TOKEN
from tests.delivery.test_sandbox import PHONE_ID, WORLD
from tests.waits import WAIT_S

TENANT_SLOTS = 24  # calls of one tenant that the connector has under way


def world(*clients: dict[str, Any]) -> dict[str, Any]:
    """The world of the delivery tests, with these OAuth clients."""
    made = deepcopy(WORLD)
    made["orgs"][0]["clients"] = list(clients) or made["orgs"][0]["clients"]
    return made


def client_of(per_minute: int) -> dict[str, Any]:
    """An OAuth client of which nobody has made a call."""
    name = uuid4().hex
    return {"client_id": name, "client_secret": f"secret-of-{name}", "rate_per_minute": per_minute}


def nobody_yet() -> str:
    """The number of a customer to whom nothing was sent."""
    return str(4_915_000_000_000 + uuid4().int % 1_000_000_000)


def token_of(sandbox: Sandbox, client: dict[str, Any]) -> str:
    answer = requests.post(
        f"{sandbox.login_url}/oauth/token",
        auth=(client["client_id"], client["client_secret"]),
        data={"grant_type": "client_credentials"},
        timeout=WAIT_S,
    )
    return str(answer.json()["access_token"])


@asynccontextmanager
async def callers(functions: Sequence[Delivery]) -> AsyncIterator[list[Peer]]:
    """How a transform reaches each replica."""
    async with http_session() as session:
        yield [Peer(session, name=f.name, url=f.url, tokens=TOKENS) for f in functions]


@dataclass
class Queue:
    """Sends as the connector lets messages go: a customer's in order, a tenant's so many at once.

    What is held back comes again when it was told to, and nothing of its customer before it.
    """

    replicas: Sequence[Delivery]
    tenant_id: str = field(default_factory=lambda: str(uuid4()))
    per_second: float | None = None
    held: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)

    async def drain(self, customers: dict[str, list[str]]) -> None:
        """Bring every customer's texts home."""
        for replica in self.replicas:
            replica.auth.play(token_answer(TOKEN))
        room = asyncio.Semaphore(TENANT_SLOTS)
        async with callers(self.replicas) as peers:
            clients = [WaApiClient(peer) for peer in peers]

            async def lane(number: int, customer: str, texts: list[str]) -> None:
                for text in texts:
                    await self._bring(clients[number % len(clients)], customer, text, room)

            lanes = (lane(n, *one) for n, one in enumerate(customers.items()))
            await asyncio.gather(*lanes)

    async def _bring(
        self, client: WaApiClient, customer: str, text: str, room: asyncio.Semaphore
    ) -> None:
        while True:
            async with room:
                outcome = await client.send(self._message(customer, text))
            if outcome.error is None:
                self.accepted.append(text)
                return
            assert outcome.error.hold_line, outcome
            assert outcome.error.retry_after is not None
            self.held.append(outcome.error.provider_code)
            await asyncio.sleep(outcome.error.retry_after)

    def _message(self, customer: str, text: str) -> WhatsAppSend:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "to": customer, "type": "text"}
        body["text"] = {"body": text}
        return whatsapp(self.tenant_id, body, self.per_second)


def whatsapp(tenant_id: str, body: dict[str, Any], per_second: float | None = None) -> WhatsAppSend:
    """A message of the sandbox's number."""
    return WhatsAppSend(
        tenant_id=tenant_id,
        channel_id=CHANNEL,
        phone_number_id=PHONE_ID,
        per_second=per_second,
        body=body,
    )


@dataclass
class Line:
    """Calls in the name of one tenant, one after the other; to Genesys by these OAuth clients."""

    function: Delivery
    credential: str = "default"
    tenant_id: str = field(default_factory=lambda: str(uuid4()))

    async def calls(self, path: str, bodies: Sequence[dict[str, Any]]) -> list[SendOutcome]:
        """What became of each call to Genesys."""
        async with callers([self.function]) as (peer,):
            client = GenesysApiClient(peer)
            send = {"messages": client.message, "receipts": client.receipt}[path]
            return [await send(self._request(body)) for body in bodies]

    async def whatsapp(self, bodies: Sequence[dict[str, Any]]) -> list[SendOutcome]:
        """What became of each message to WhatsApp."""
        async with callers([self.function]) as (peer,):
            client = WaApiClient(peer)
            return [await client.send(whatsapp(self.tenant_id, body)) for body in bodies]

    def _request(self, body: dict[str, Any]) -> GenesysSend:
        return GenesysSend(
            tenant_id=self.tenant_id,
            channel_id=CHANNEL,
            integration_id=INTEGRATION,
            region="mypurecloud.de",
            credential=self.credential,
            body=body,
        )


def codes(outcomes: Sequence[SendOutcome]) -> list[str]:
    """How each ended: `accepted`, or the code."""
    return ["accepted" if one.error is None else one.error.provider_code for one in outcomes]
