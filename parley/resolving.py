"""Whose an identifier is, for commands: asked of the tenancy function, once a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from parley.environment import Environment
from parley.tenancy import Tenancy
from shared.runtime.errors import NotFound
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.tenancy import TenancyClient, TenantView
from shared.tenancy.models import IdentifierKind, Resolution
from shared.whatsapp.payloads import Item


class Owners:
    """Answers remembered for one command. Raises Unavailable or Unknown."""

    def __init__(self, client: TenancyClient, command: Tenancy) -> None:
        """Use `open`."""
        self._client = client
        self._command = command
        self._known: dict[tuple[str, str], Resolution | None] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, environment: Environment) -> AsyncIterator[Owners]:
        """By TENANCY_URL and SERVICE_TOKEN_KEY."""
        command = Tenancy(environment)  # says what is wrong with either
        tokens = ServiceTokens("parley", environment.need("SERVICE_TOKEN_KEY").value)
        url = environment.need("TENANCY_URL").value
        async with http_session() as session:
            yield cls(TenancyClient(Peer(session, name="tenancy", url=url, tokens=tokens)), command)

    async def tenant_id(self, slug: str) -> str:
        """A tenant's id. Raises NotFound."""
        try:
            view: Any = self._command.call("GET", f"/tenancy/tenants/{slug}", TenantView)
        except NotFound:
            raise NotFound(
                f"there is no tenant {slug!r}: `parley tenants list` names them"
            ) from None
        return str(view.id)

    async def of(self, item: Item) -> Resolution | None:
        """Whose an item of Meta's is."""
        if item.phone_number_id:
            return await self._ask("phone", item.phone_number_id)
        return await self._ask("waba", item.waba_id) if item.waba_id else None

    async def by_integration(self, integration_id: str) -> Resolution | None:
        """Whose an integration of Genesys is."""
        return await self._ask("integration", integration_id) if integration_id else None

    async def _ask(self, kind: IdentifierKind, value: str) -> Resolution | None:
        if (kind, value) not in self._known:
            self._known[kind, value] = await self._client.resolve(kind, value)
        return self._known[kind, value]
