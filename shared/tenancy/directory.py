"""Who an identifier belongs to, asked by the doors for every webhook.

A second in process, then Redis, then the tenancy function. While that is away an old answer is
better than a refusal, for a while. Signing secrets stay in the process: never in Redis.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from pydantic import ValidationError

from shared.runtime.metrics import counter
from shared.runtime.peer import Peer
from shared.services.tenancy import TenancyClient
from shared.storage.cache import Cache
from shared.tenancy.memory import Memory, MemoryLimits
from shared.tenancy.models import IdentifierKind, Resolution, Signer, SigningSecrets

LOOKUPS = counter("directory_lookups", "Lookups beyond the process, by who answered", ("source",))

# A suspended tenant is stopped about a second after the change.
RESOLUTIONS = MemoryLimits(fresh=1.0, unknown=1.0)
SECRETS = MemoryLimits(fresh=60.0, unknown=1.0)

CACHED_S = 3600.0
UNKNOWN_S = 30.0
UNKNOWN = b"-"  # in Redis: the tenancy function said that nobody has this identifier
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,64}")


def cache_key(kind: IdentifierKind, value: str) -> str:
    """Name of a resolution in Redis; the tenancy function deletes it when it changes one."""
    return f"{kind}:{value}"


class Directory:
    """Resolution and signing secrets for the doors. One a process."""

    def __init__(
        self,
        cache: Cache,
        tenancy: Peer,
        *,
        resolutions: MemoryLimits = RESOLUTIONS,
        secrets: MemoryLimits = SECRETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._tenancy = TenancyClient(tenancy)
        self._resolutions: Memory[Resolution] = Memory("resolution", resolutions, clock)
        self._secrets: Memory[SigningSecrets] = Memory("signing_secrets", secrets, clock)

    async def by_phone(self, phone_number_id: str) -> Resolution | None:
        """Whose WhatsApp number it is; None when nobody's. Raises Unavailable or Unknown."""
        return await self._resolve("phone", phone_number_id)

    async def by_integration(self, integration_id: str) -> Resolution | None:
        """Whose Genesys integration it is; None when nobody's. Raises Unavailable or Unknown."""
        return await self._resolve("integration", integration_id)

    async def by_waba(self, waba_id: str) -> Resolution | None:
        """Whose WhatsApp business account; None when nobody's. Raises Unavailable or Unknown."""
        return await self._resolve("waba", waba_id)

    async def signing_secrets(self, signer: Signer, key: str) -> SigningSecrets | None:
        """Secrets of a Meta app (by name) or a Genesys integration (by id); None: no such one.

        Raises Unavailable or Unknown.
        """
        if not _IDENTIFIER.fullmatch(key):
            return None
        return await self._secrets.get(f"{signer}:{key}", lambda: self._fetch(signer, key))

    async def verified(
        self, signer: Signer, key: str, check: Callable[[SigningSecrets], bool]
    ) -> SigningSecrets | None:
        """Return the secrets that satisfy `check`, or None: the signature is bad.

        A first no may mean that the secret was changed, so it is fetched once more, but no more
        often than once a second per key however many bad signatures come.
        """
        secrets = await self.signing_secrets(signer, key)
        if secrets is not None and check(secrets):
            return secrets
        if not _IDENTIFIER.fullmatch(key):
            return None
        newer = await self._secrets.again(f"{signer}:{key}", lambda: self._fetch(signer, key))
        return newer if newer is not None and newer is not secrets and check(newer) else None

    async def _fetch(self, signer: Signer, key: str) -> SigningSecrets | None:
        return await self._tenancy.signing(signer, key)

    async def _resolve(self, kind: IdentifierKind, value: str) -> Resolution | None:
        if not _IDENTIFIER.fullmatch(value):
            return None
        return await self._resolutions.get(
            cache_key(kind, value), lambda: self._look_up(kind, value)
        )

    async def _look_up(self, kind: IdentifierKind, value: str) -> Resolution | None:
        key = cache_key(kind, value)
        found, resolution = _decode(await self._cache.get(key))
        if found:
            LOOKUPS.labels("redis").inc()
            return resolution
        resolution = await self._tenancy.resolve(kind, value)
        LOOKUPS.labels("tenancy").inc()
        if resolution is None:
            await self._cache.set(key, UNKNOWN, UNKNOWN_S)
        else:
            await self._cache.set(key, resolution.model_dump_json().encode(), CACHED_S)
        return resolution


def _decode(body: bytes | None) -> tuple[bool, Resolution | None]:
    if body is None:
        return False, None
    if body == UNKNOWN:
        return True, None
    try:
        return True, Resolution.model_validate_json(body)
    except ValidationError:  # written by another version of this code
        LOOKUPS.labels("unreadable").inc()
        return False, None
