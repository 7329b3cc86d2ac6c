"""Questions to both providers about what is a tenant's: GETs alone, nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr

from shared.genesys.regions import known_region
from shared.messaging.answers import json_object, safe_detail
from shared.messaging.outcomes import SendOutcome
from shared.messaging.transport import Exchange, Limits, exchange
from shared.runtime.errors import BadInput, Unavailable

DENIED = 403
LIMITS = Limits(connect=3.0, read=8.0)


class Refused(BadInput):
    """The provider gave no: the thing is not there, or not for this credential."""

    code = "look_refused"
    title = "The provider refused to tell"


class Denied(Refused):
    """Not for this credential."""

    code = "look_denied"


@dataclass(frozen=True)
class Providers:
    """Asks. Empty `genesys_url`: `https://api.{region}`."""

    session: aiohttp.ClientSession
    graph_url: str
    graph_version: str
    genesys_url: str
    extra_regions: frozenset[str] = frozenset()

    async def token(self, token: SecretStr) -> dict[str, Any]:
        """What Meta knows of an access token. Raises Refused, Unavailable."""
        path = f"debug_token?input_token={quote(token.get_secret_value(), safe='')}"
        facts = (await self._graph(path, token)).get("data")
        return facts if isinstance(facts, dict) else {}

    async def number(self, phone_number_id: str, token: SecretStr) -> dict[str, Any]:
        """A phone number. Raises Refused, Unavailable."""
        fields = "display_phone_number,verified_name,quality_rating,status"
        return await self._graph(f"{phone_number_id}?fields={fields}", token)

    async def subscribed_apps(self, waba_id: str, token: SecretStr) -> dict[str, Any]:
        """The apps that an account tells. Raises Refused, Unavailable."""
        return await self._graph(f"{waba_id}/subscribed_apps", token)

    async def integration(
        self, region: str, integration_id: str, token: SecretStr
    ) -> dict[str, Any]:
        """An Open Messaging integration. Raises Refused, Unavailable."""
        path = f"integrations/open/{quote(integration_id, safe='')}"
        return await self._messaging(region, path, token)

    async def content(self, region: str, content_id: str, token: SecretStr) -> dict[str, Any]:
        """A supported content profile. Raises Refused, Unavailable."""
        return await self._messaging(
            region, f"supportedcontent/{quote(content_id, safe='')}", token
        )

    async def _graph(self, path: str, token: SecretStr) -> dict[str, Any]:
        url = f"{self.graph_url.rstrip('/')}/{self.graph_version}/{path}"
        return await self._get("Meta", url, token)

    async def _messaging(self, region: str, path: str, token: SecretStr) -> dict[str, Any]:
        if not known_region(region, self.extra_regions):
            raise Refused(f"{region!r} is not a region of Genesys Cloud")
        base = self.genesys_url.rstrip("/") or f"https://api.{region}"
        url = f"{base}/api/v2/conversations/messaging/{path}"
        return await self._get("Genesys", url, token)

    async def _get(self, who: str, url: str, token: SecretStr) -> dict[str, Any]:
        answer = await exchange(self.session, Exchange("GET", url, token), LIMITS)
        if isinstance(answer, SendOutcome):
            raise Unavailable(f"{who} did not answer")
        told = json_object(answer.body) or {}
        if answer.success:
            return told
        if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004  # RFC 9110, 6585
            raise Unavailable(f"{who} answered {answer.status}")
        error = told.get("error")
        words = error.get("message") if isinstance(error, dict) else told.get("message")
        kind = Denied if answer.status == DENIED else Refused
        raise kind(f"{who}: {safe_detail(words, [token.get_secret_value()])}")
