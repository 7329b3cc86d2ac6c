"""Meta's webhook signature: `sha256=` and 64 lower-case hex digits over the raw body.

The key is the Meta app's secret; during a rotation the current and the previous one are accepted.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.wire.signing import PREFIX, digest, matches

HEADER = "X-Hub-Signature-256"


def sign(body: bytes, secret: str) -> str:
    """Give the header value for these very bytes (contracts/meta.md a.2)."""
    return PREFIX + digest(body, secret).hex()


def verify(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Tell whether the header signs the body under one of the secrets; empty secrets never do."""
    return matches(header, [sign(body, secret) for secret in secrets if secret])
