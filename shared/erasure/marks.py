"""Marks: keyed hashes that stand for a person's names, addresses, messages and conversations.

An erasure is written down by its marks alone, so that what waits in a queue is still known as the
person's when nothing names the person any more.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.wire.customer import canonical_id

Kind = Literal["address", "name", "message", "conversation", "person"]

_PURPOSE = b"parley erasure v1"
_LENGTH = 32  # hex digits: 128 bits


class Marker:
    """Makes marks of one tenant; another tenant's marks of the same number are different."""

    def __init__(self, key: str, tenant_id: str) -> None:
        """`key`: SERVICE_TOKEN_KEY, which the command and the connector share."""
        self._key = hmac.new(key.encode(), _PURPOSE, hashlib.sha256).digest()
        self._tenant_id = tenant_id

    @property
    def key_id(self) -> str:
        """Eight hex digits that tell keys apart, and nothing of the key."""
        return hashlib.sha256(self._key).hexdigest()[:8]

    def of(self, kind: Kind, value: str) -> str:
        """The mark of a value; spellings of one number ("+49 151 ...") have one mark."""
        words = f"{self._tenant_id}\0{kind}\0{canonical_id(value)}"
        return hmac.new(self._key, words.encode(), hashlib.sha256).hexdigest()[:_LENGTH]

    def all(self, kind: Kind, values: Iterable[str]) -> set[str]:
        """The marks of several."""
        return {self.of(kind, value) for value in values}


@dataclass(frozen=True)
class Marks:
    """What is known of one person, and the way to ask it."""

    marker: Marker
    known: frozenset[str]

    def has(self, kind: Kind, value: str | None) -> bool:
        """Whether a value is the person's."""
        return bool(value) and self.marker.of(kind, str(value)) in self.known
