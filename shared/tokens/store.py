"""Tokens in Redis: sealed, each to its own key, so that a dump of Redis holds none."""

from __future__ import annotations

from pydantic import SecretStr, ValidationError

from shared.runtime.logging import logger
from shared.services.auth import Token, TokenRequest
from shared.storage.cache import Cache
from shared.tenancy.models import DEFAULT_CREDENTIAL, Provider
from shared.tenancy.scope import TenantScope
from shared.tenancy.vault import SealBroken, Vault

log = logger()

_NAMES: dict[Provider, tuple[str, ...]] = {
    "whatsapp": ("whatsapp", "token"),
    "genesys": ("oauth", "token"),
}


def token_key(request: TokenRequest) -> str:
    """Name of the token in Redis: `tenant:{tenantId}:oauth:token`, or `...:whatsapp:token`.

    A credential other than the default appends its name. Raises BadInput when the tenant id is
    not a UUID.
    """
    names = _NAMES[request.provider]
    if request.credential != DEFAULT_CREDENTIAL:
        names = (*names, request.credential)
    return TenantScope(request.tenant_id).cache_key(*names)


class TokenStore:
    """Loads and saves tokens. Never raises on Redis' account."""

    def __init__(self, cache: Cache, vault: Vault) -> None:
        self._cache = cache
        self._vault = vault

    async def load(self, key: str) -> Token | None:
        """Return the token, or None: not there, not readable, or Redis is away."""
        sealed = await self._cache.get(key)
        if sealed is None:
            return None
        try:
            opened = self._vault.open(sealed, "redis", "token", key)
            return Token.model_validate_json(opened.get_secret_value())
        except (SealBroken, ValidationError):
            # Of an older key ring, or tampered with: as good as not there.
            log.warning("cached_token_unreadable")
            return None

    async def save(self, key: str, token: Token, seconds: float) -> None:
        """Keep it for so long; not at all when that is no time."""
        if seconds > 0:
            text = SecretStr(token.model_dump_json())
            await self._cache.set(key, self._vault.seal(text, "redis", "token", key), seconds)

    async def delete(self, key: str) -> None:
        """Forget it."""
        await self._cache.delete(key)
