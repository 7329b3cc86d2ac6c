"""From a tenant's credential to a token, and how the provider took it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from auth_service.login import GenesysLogin, Grant
from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.auth import CredentialBad, TokenRequest
from shared.services.tenancy import Health, TenancyClient
from shared.tenancy.models import GenesysCredential, secret_digest
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
        self._refused: dict[str, _Refused] = {}

    async def grant(self, request: TokenRequest) -> Grant:
        """Return a token. Raises CredentialBad or Unavailable."""
        opened = await self._tenancy.credential(
            request.tenant_id, request.provider, request.credential
        )
        if opened.whatsapp is not None:
            token, secret = opened.whatsapp.access_token, secret_digest(opened.whatsapp)
            return Grant(token, LONGEST_S["whatsapp"], secret, opened.renewed_at)
        if opened.genesys is not None:
            return await self._log_in(request, opened.genesys, opened.renewed_at)
        raise CredentialBad(
            f"the tenant has no {request.provider} credential {request.credential!r}: "
            "add it to its file and apply that"
        )

    def try_again(self, request: TokenRequest) -> None:
        """Ask the provider at the next request, however lately it refused."""
        self._refused.pop(token_key(request), None)

    async def note_health(
        self,
        request: TokenRequest,
        health: Literal["good", "bad"],
        secret: str,
        detail: str = "",
    ) -> None:
        """Let operators see how the provider took the credential of that `secret_digest`."""
        told = Health(health=health, detail=detail, secret=secret)
        with suppress(ParleyError):
            await self._tenancy.set_health(
                request.tenant_id, request.provider, request.credential, told
            )

    async def _log_in(
        self, request: TokenRequest, credential: GenesysCredential, renewed_at: datetime | None
    ) -> Grant:
        key, digest = token_key(request), secret_digest(credential)
        version = (digest, renewed_at)
        refused = self._refused.get(key)
        if refused is not None and refused.version == version and self._clock() < refused.until:
            raise CredentialBad(refused.words)
        try:
            grant = await self._login.grant(credential)
        except CredentialBad as error:
            GRANTS.labels("genesys", "refused").inc()
            self._refused[key] = _Refused(version, self._clock() + ASK_AGAIN_S, error.detail)
            extra = {"provider": "genesys", "tenant_id": request.tenant_id}
            told = {"credential": request.credential, "asked_again_s": ASK_AGAIN_S}
            log.warning("credential_refused", extra=extra | told)
            await self.note_health(request, "bad", digest, error.detail)
            raise
        except ParleyError:
            GRANTS.labels("genesys", "no_answer").inc()
            raise
        self._refused.pop(key, None)
        GRANTS.labels("genesys", "granted").inc()
        await self.note_health(request, "good", digest)
        return replace(grant, secret=digest, renewed_at=renewed_at)


@dataclass(frozen=True)
class _Refused:
    """A login that was refused: of which secret, until when it is not tried again, and why."""

    version: tuple[str, datetime | None]  # digest, and when it was renewed: then it is tried
    until: float
    words: str
