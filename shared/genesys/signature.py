"""Genesys' webhook signature: `sha256=` and padded Base64 over the raw body; hex is refused.

The key is the integration's webhook secret; during a rotation the previous one is accepted too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from shared.wire.signing import PREFIX, digest, matches

HEADER = "X-Hub-Signature-256"


def sign(body: bytes, secret: str) -> str:
    """Give the header value for these very bytes (contracts/genesys.md c1)."""
    return PREFIX + b64encode(digest(body, secret)).decode()


def verify(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Tell whether the header signs the body under one of the secrets; empty secrets never do."""
    return matches(header, [sign(body, secret) for secret in secrets if secret])
