"""Who an identifier belongs to, asked by the doors for every webhook.

Half a second in process, then Redis, then the tenancy function. While that is away an old answer
is better than a refusal, for a while. Signing secrets stay in the process: Redis knows only which
version of them is the newest.
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

# A suspended tenant, and a secret that is forgotten, are refused within a second of the change.
FRESH_S = 0.5
RESOLUTIONS = MemoryLimits(fresh=FRESH_S, unknown=FRESH_S)
SECRETS = MemoryLimits(fresh=FRESH_S, unknown=FRESH_S)

CACHED_S = 3600.0
UNKNOWN_S = 30.0
UNKNOWN = b"-"  # in Redis: the tenancy function said that nobody has this identifier
HELD_BACK = b"!"  # in Redis, just after a change: nothing is written over it by who read before
# What Redis missed while it was away is told to it within this time of its return.
DISTRUST_S = 3.0
_IDENTIFIER = re.compile(r"(?!\.{1,64}\Z)[A-Za-z0-9._-]{1,64}")  # dots alone name nothing


def cache_key(kind: IdentifierKind, value: str) -> str:
    """Name of a resolution in Redis; the tenancy function holds it back when it changes one."""
    return f"{kind}:{value}"


def signing_key(signer: Signer, key: str) -> str:
    """Name in Redis of the version of a Meta app's or an integration's signing secrets."""
    return f"signing:{signer}:{key}"


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
        return await self.resolve("phone", phone_number_id)

    async def by_integration(self, integration_id: str) -> Resolution | None:
        """Whose Genesys integration it is; None when nobody's. Raises Unavailable or Unknown."""
        return await self.resolve("integration", integration_id)

    async def by_waba(self, waba_id: str) -> Resolution | None:
        """Whose WhatsApp business account; None when nobody's. Raises Unavailable or Unknown."""
        return await self.resolve("waba", waba_id)

    async def resolve(self, kind: IdentifierKind, value: str) -> Resolution | None:
        """Whose any identifier is; None when nobody's. Raises Unavailable or Unknown."""
        if not _IDENTIFIER.fullmatch(value):
            return None
        return await self._resolutions.get(
            cache_key(kind, value), lambda: self._look_up(kind, value)
        )

    async def signing_secrets(self, signer: Signer, key: str) -> SigningSecrets | None:
        """Secrets of a Meta app (by name) or a Genesys integration (by id); None: no such one.

        Raises Unavailable or Unknown.
        """
        if not _IDENTIFIER.fullmatch(key):
            return None
        return await self._secrets.get(f"{signer}:{key}", lambda: self._newest(signer, key))

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

    async def _newest(self, signer: Signer, key: str) -> SigningSecrets | None:
        """The secrets in hand while Redis knows no newer version; else those of tenancy."""
        version = await self._cached(signing_key(signer, key))
        held = self._secrets.last(f"{signer}:{key}")
        known = version == UNKNOWN or (held is not None and held.version.encode() == version)
        if known:
            LOOKUPS.labels("redis").inc()
            return None if version == UNKNOWN else held
        return await self._fetch(signer, key, version)

    async def _fetch(
        self, signer: Signer, key: str, cached: bytes | None = None
    ) -> SigningSecrets | None:
        secrets = await self._tenancy.signing(signer, key)
        LOOKUPS.labels("tenancy").inc()
        if secrets is None or secrets.version:
            version = None if secrets is None else secrets.version.encode()
            await self._keep(signing_key(signer, key), version, cached)
        return secrets

    async def _look_up(self, kind: IdentifierKind, value: str) -> Resolution | None:
        key = cache_key(kind, value)
        cached = await self._cached(key)
        found, resolution = _decode(cached)
        if found:
            LOOKUPS.labels("redis").inc()
            return resolution
        resolution = await self._tenancy.resolve(kind, value)
        LOOKUPS.labels("tenancy").inc()
        body = None if resolution is None else resolution.model_dump_json().encode()
        await self._keep(key, body, cached)
        return resolution

    async def _keep(self, key: str, body: bytes | None, cached: bytes | None) -> None:
        """Write to Redis; over what was read there, but never over a key that is held back."""
        write = self._cache.add if cached is None else self._cache.set
        if body is None:
            await write(key, UNKNOWN, UNKNOWN_S)
        else:
            await write(key, body, CACHED_S)

    async def _cached(self, key: str) -> bytes | None:
        """What Redis says, unless it may have missed a change or has been told of one."""
        body = await self._cache.get(key)
        if body == HELD_BACK or self._cache.away_within(DISTRUST_S):
            return None
        return body


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
