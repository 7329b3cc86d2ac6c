"""HMAC-SHA256 signature headers: made from raw bytes, compared whole and in constant time."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

PREFIX = "sha256="


def digest(body: bytes, secret: str) -> bytes:
    """HMAC-SHA256 of the raw body under the secret's UTF-8 bytes."""
    return hmac.digest(secret.encode(), body, "sha256")


def fault(header: str | None) -> str:
    """Why a header signed nothing here, in one word, for a log."""
    if header is None:
        return "no_signature"
    return "wrong_signature" if header.startswith(PREFIX) else "malformed_signature"


def matches(header: str | None, accepted: Iterable[str]) -> bool:
    """Tell whether the header is one of the accepted ones.

    The full header text is compared, so another prefix, length, letter case or encoding of the
    same digest is refused too, and every candidate is looked at whatever the first ones say.
    """
    if header is None or not header.isascii():
        return False
    return any([hmac.compare_digest(header, one) for one in accepted])  # noqa: C419  a generator would stop at the first match and tell by its time which secret it was
