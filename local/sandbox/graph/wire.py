r"""Meta's webhook bytes: ASCII JSON with lower-case \uXXXX and \/ escapes, signed in hex."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

import orjson


def new_wamid() -> str:
    """A fresh message id: opaque, with the characters of standard Base64."""
    return "wamid.HBgM" + base64.b64encode(secrets.token_bytes(30)).decode()


def encoded(body: Any) -> bytes:
    """Serialise as Meta does; the signature is over these very bytes (meta (a.2))."""
    raw = orjson.dumps(body)
    if not raw.isascii():
        raw = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return raw.replace(b"/", b"\\/")


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256: `sha256=` and 64 lower-case hex digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def old_signature(secret: str, body: bytes) -> str:
    """The value of the older X-Hub-Signature, to be ignored (meta (a.2))."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def headers(signed: str | None) -> dict[str, str]:
    """Headers of a webhook; `signed` None leaves the signature out."""
    fixed = {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "Accept": "*/*",
    }
    return fixed if signed is None else {**fixed, "X-Hub-Signature-256": signed}
