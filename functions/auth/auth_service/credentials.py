"""From a tenant's credential to a token, and how the provider took it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from auth_service.login import GenesysLogin, Grant
from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.auth import CredentialBad, TokenRequest
from shared.services.tenancy import Health, TenancyClient
from shared.tenancy.models import GenesysCredential
from shared.tokens.lifetime import LONGEST_S
from shared.tokens.store import token_key

log = logger()

GRANTS = counter("token_grants", "Tokens asked of a provider", ("provider", "outcome"))

ASK_AGAIN_S = 30.0  # a refused OAuth client is tried once in this time, until it is changed


class Credentials:
    """Opens credentials at the tenancy function and turns them into tokens."""

    def __init__(
        self,
        tenancy: TenancyClient,
        login: GenesysLogin,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tenancy = tenancy
        self._login = login
        self._clock = clock
        self._refused: dict[str, tuple[str, float, str]] = {}  # key -> digest, until, words

    async def grant(self, request: TokenRequest) -> Grant:
        """Return a token. Raises CredentialBad or Unavailable."""
        opened = await self._tenancy.credential(
            request.tenant_id, request.provider, request.credential
        )
        if opened.whatsapp is not None:
            return Grant(opened.whatsapp.access_token, LONGEST_S["whatsapp"])
        if opened.genesys is not None:
            return await self._log_in(request, opened.genesys)
        raise CredentialBad(
            f"the tenant has no {request.provider} credential {request.credential!r}: "
            "add it to its file and apply that"
        )

    async def note_health(
        self, request: TokenRequest, health: Literal["good", "bad"], detail: str = ""
    ) -> None:
        """Let operators see how the provider took the credential; nothing depends on it."""
        told = Health(health=health, detail=detail)
        with suppress(ParleyError):
            await self._tenancy.set_health(
                request.tenant_id, request.provider, request.credential, told
            )

    async def _log_in(self, request: TokenRequest, credential: GenesysCredential) -> Grant:
        key, digest = token_key(request), _digest(credential)
        refused = self._refused.get(key)
        if refused is not None and refused[0] == digest and self._clock() < refused[1]:
            raise CredentialBad(refused[2])
        try:
            grant = await self._login.grant(credential)
        except CredentialBad as error:
            GRANTS.labels("genesys", "refused").inc()
            self._refused[key] = (digest, self._clock() + ASK_AGAIN_S, error.detail)
            log.warning("credential_refused", extra={"provider": "genesys"})
            await self.note_health(request, "bad", error.detail)
            raise
        except ParleyError:
            GRANTS.labels("genesys", "no_answer").inc()
            raise
        self._refused.pop(key, None)
        GRANTS.labels("genesys", "granted").inc()
        await self.note_health(request, "good")
        return grant


def _digest(credential: GenesysCredential) -> str:
    return hashlib.sha256(credential.model_dump_json().encode()).hexdigest()
