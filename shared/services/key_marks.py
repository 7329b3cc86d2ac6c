"""What tells a key of ours from one that a stranger made up, before anybody is asked.

Rule: a mark lets a key past the limits of unknown keys, and is never by itself a reason to serve.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from typing import Protocol, Self

from pydantic import SecretStr

_SECRET_BYTES = 32
_MARK_BYTES = 8  # 2^64 to be guessed, and a guess only lets one be asked about
_PURPOSE = b"parley api key v1"
# The third part is the secret, and behind it the mark; keys of before there were marks have none.
KEY = re.compile(r"parley_[0-9a-f]{8}_[A-Za-z0-9_-]{43}([A-Za-z0-9_-]{11})?")


class _KeySettings(Protocol):
    @property
    def service_token_key(self) -> SecretStr: ...
    @property
    def service_token_key_previous(self) -> SecretStr | None: ...


class KeyMarks:
    """Makes and knows keys under a secret that tenancy and api-gateway share."""

    def __init__(self, *keys: str) -> None:
        """`keys`: SERVICE_TOKEN_KEY, and the previous one while it is being changed."""
        self._keys = [hmac.digest(key.encode(), _PURPOSE, hashlib.sha256) for key in keys]

    @classmethod
    def of(cls, settings: _KeySettings) -> Self:
        """By a function's settings."""
        keys = (settings.service_token_key, settings.service_token_key_previous)
        return cls(*(key.get_secret_value() for key in keys if key is not None))

    def make(self) -> str:
        """A new API key: its prefix, 256 random bits, and their mark."""
        begin = f"parley_{secrets.token_hex(4)}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        return begin + _mark(self._keys[0], begin)

    def made(self, key: str) -> bool:
        """Whether it was made here; False too where SERVICE_TOKEN_KEY has changed since."""
        found = KEY.fullmatch(key)
        if found is None or found[1] is None:
            return False
        begin, told = key[: -len(found[1])], found[1]
        return any(hmac.compare_digest(_mark(each, begin), told) for each in self._keys)


def prefix(key: str) -> str:
    """Its first letters, to be known by: no part of the secret."""
    return key[: len("parley_") + 8]


def _mark(key: bytes, begin: str) -> str:
    made = hmac.digest(key, begin.encode(), hashlib.sha256)[:_MARK_BYTES]
    return urlsafe_b64encode(made).decode().rstrip("=")
