"""Genesys' webhook bytes: compact JSON in raw UTF-8, signed in Base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import orjson


def encoded(body: Any) -> bytes:
    """Serialise compactly; non-ASCII stays as it is."""
    return orjson.dumps(body)


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256: `sha256=` and padded standard Base64 (genesys (c1))."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()


def hex_signature(secret: str, body: bytes) -> str:
    """The right digest in the wrong spelling: a receiver must refuse it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
