"""Genesys Cloud's login: client credentials for a token (contracts/genesys.md (a))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import orjson
from pydantic import SecretStr

from shared.genesys.regions import known_region
from shared.runtime.errors import Unavailable
from shared.services.auth import CredentialBad
from shared.tenancy.models import GenesysCredential

TIMEOUT_S = 5.0
MAX_BODY = 65536
OK, REFUSALS = 200, (400, 401)
# RFC 6749 5.2: what asking again can not mend.
PERMANENT = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_grant", "unsupported_grant_type"}
)


@dataclass(frozen=True)
class Grant:
    """A token as a provider gave it; its life in seconds.

    `secret` is the `secret_digest` of its credential, `renewed_at` when that was renewed.
    """

    access_token: SecretStr
    expires_in: float
    secret: str | None = None
    renewed_at: datetime | None = None


@dataclass(frozen=True)
class GenesysLogin:
    """Asks a region's login host. `base_url`, when set, is asked instead of any region's."""

    session: aiohttp.ClientSession
    base_url: str = ""
    extra_regions: frozenset[str] = frozenset()

    async def grant(self, credential: GenesysCredential) -> Grant:
        """Return a fresh token. Raises CredentialBad or Unavailable."""
        if not known_region(credential.region, self.extra_regions):
            # Checked when it was applied; but this is where the secret would leave us.
            raise CredentialBad(f"{credential.region!r} is not a region of Genesys Cloud")
        try:
            status, answer, retry_after = await self._ask(credential)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable("Genesys' login does not answer", retry_after=1) from error
        if status == OK:
            return _grant_of(answer)
        if status in REFUSALS and answer.get("error") in PERMANENT:
            raise CredentialBad(
                f"Genesys refused the OAuth client ({answer['error']}): check client_id, "
                "client_secret and region, then apply the tenant again"
            )
        raise Unavailable(f"Genesys' login answered {status}", retry_after=retry_after)

    async def _ask(self, credential: GenesysCredential) -> tuple[int, dict[str, Any], float | None]:
        base = self.base_url.rstrip("/") or f"https://login.{credential.region}"
        async with self.session.post(
            f"{base}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=aiohttp.BasicAuth(
                credential.client_id, credential.client_secret.get_secret_value(), "utf-8"
            ),
            allow_redirects=False,  # a secret follows no redirect
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        ) as response:
            body = await response.content.read(MAX_BODY)
            return response.status, _object(body), _seconds(response.headers.get("Retry-After"))


def _grant_of(answer: dict[str, Any]) -> Grant:
    token, life = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token:
        raise Unavailable("Genesys' login answered without a token", retry_after=5)
    # Without a life it serves those who wait for it now, and is not kept.
    good = isinstance(life, int | float) and not isinstance(life, bool)
    return Grant(SecretStr(token), float(life) if good and life is not None else 0.0)


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isascii() and header.isdigit() else None
