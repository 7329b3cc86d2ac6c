"""Calls of the auth function: a provider's token for a tenant, and word that one was refused.

Getting a token twice does no harm, so whatever is not clear is `Unavailable`: try again.
"""

import hashlib
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

from shared.runtime.errors import BadInput, NotFound, Unavailable, Unknown
from shared.runtime.peer import Peer
from shared.tenancy.models import DEFAULT_CREDENTIAL, Provider, WireSecret

TIMEOUT = 12.0  # seconds; the provider's login may be asked twice, 5 s each

T = TypeVar("T", bound=BaseModel)


class CredentialBad(BadInput):
    """The provider refused the tenant's credential, or there is none: only an operator can help."""

    code = "credential_bad"
    title = "The tenant's credential is refused or missing"


class TokenRequest(BaseModel):
    """Whose token, for which provider, by which of the tenant's credentials."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: str
    provider: Provider
    credential: str = DEFAULT_CREDENTIAL


class Token(BaseModel):
    """A token: renew it from `refresh_at` on, never use it after `expires_at`.

    `secret`: the `secret_digest` of the credential that it is of.
    """

    access_token: WireSecret
    token_type: str = "Bearer"  # noqa: S105  # the word of RFC 6750, not a secret
    expires_at: datetime
    refresh_at: datetime
    secret: str | None = None

    @property
    def digest(self) -> str:
        """What names this token where the token itself must not be."""
        return token_digest(self.access_token)


class Invalidation(TokenRequest):
    """The token of that digest was refused; without one, forget whatever is there."""

    access_token_hash: str | None = None


class Accepted(TokenRequest):
    """The provider took the token of that digest."""

    access_token_hash: str


class Invalidated(BaseModel):
    """Whether there was such a token."""

    dropped: bool


class AuthClient:
    """Asks the auth function."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def token(self, request: TokenRequest) -> Token:
        """Return a usable token. Raises CredentialBad or Unavailable."""
        return await self._post("/auth/token", request, Token)

    async def invalidate(self, invalidation: Invalidation) -> Invalidated:
        """Tell that a token was refused. Raises Unavailable."""
        return await self._post("/auth/invalidate", invalidation, Invalidated)

    async def accepted(self, accepted: Accepted) -> None:
        """Tell that a token was taken. Raises Unavailable."""
        await self._post("/auth/accepted", accepted, Accepted)

    async def _post(self, path: str, body: BaseModel, answer: type[T]) -> T:
        try:
            return await self._peer.call("POST", path, body=body, answer=answer, timeout=TIMEOUT)
        except BadInput as error:
            raise CredentialBad(error.detail) from error
        except NotFound as error:
            raise Unavailable(
                "the auth function is not where AUTH_URL says: it answered 404"
            ) from error
        except Unknown as error:
            raise Unavailable(error.detail, retry_after=1) from error


def token_digest(token: SecretStr) -> str:
    """SHA-256 of a token, in hex."""
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()
