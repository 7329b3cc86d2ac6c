"""Secrets at rest: AES-256-GCM under a key ring, each value bound to its table, column and row.

A sealed value copied to another place does not open. The envelope names its key, so that older
keys stay readable while they are in the ring.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from shared.runtime.errors import ParleyError, SettingsError

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D: 96 bits; random is safe for 2**32 values a key
MAX_KEY_ID = 32


class SealBroken(ParleyError):
    """A sealed value does not open here."""

    code = "seal_broken"
    title = "A stored secret can not be opened"
    status = 500
    retryable = "no"


@dataclass(frozen=True)
class KeyRing:
    """The keys by id, and which of them seals new values."""

    current: str
    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read `{"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}`.

        Raises SettingsError that names KEY_RING and what is wrong with it, never a key.
        """
        try:
            ring = json.loads(text)
            current, coded = str(ring["current"]), dict(ring["keys"])
        except (ValueError, KeyError, TypeError):
            raise _wrong('is not JSON of the form {"current": ..., "keys": {...}}') from None
        keys = {str(name): _key(str(name), value) for name, value in coded.items()}
        if current not in keys:
            raise _wrong(f"names {current!r} as current but holds no such key")
        return cls(current, keys)

    @classmethod
    def generate(cls, key_id: str = "k1") -> KeyRing:
        """Make a ring of one fresh random key."""
        return cls(key_id, {key_id: os.urandom(KEY_BYTES)})

    def dump(self) -> str:
        """Return the JSON text that `parse` reads. It is a secret."""
        keys = {name: base64.b64encode(key).decode() for name, key in self.keys.items()}
        return json.dumps({"current": self.current, "keys": keys})


class Vault:
    """Seals and opens text under a key ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._current = ring.current
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}

    @classmethod
    def of(cls, key_ring: SecretStr) -> Vault:
        """Make a vault from the setting `key_ring`; raises SettingsError."""
        return cls(KeyRing.parse(key_ring.get_secret_value()))

    @property
    def current(self) -> str:
        """Name of the key that seals."""
        return self._current

    @property
    def keys(self) -> list[str]:
        """Names of the keys that open."""
        return sorted(self._ciphers)

    def seal(self, secret: SecretStr, table: str, column: str, row: str) -> bytes:
        """Return version, key id, nonce and ciphertext in one value, for that place alone."""
        key_id = self._current.encode()
        head = bytes((VERSION, len(key_id))) + key_id
        nonce = os.urandom(NONCE_BYTES)
        body = self._ciphers[self._current].encrypt(
            nonce, secret.get_secret_value().encode(), _bound(table, column, row)
        )
        return head + nonce + body

    def open(self, sealed: bytes, table: str, column: str, row: str) -> SecretStr:
        """Return the secret; raises SealBroken, which says where but never what."""
        key_id, rest = _split(sealed, table, column)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBroken(
                f"{table}.{column} is sealed with key {key_id!r}, which KEY_RING does not hold: "
                f"add that key to the ring"
            )
        try:
            nonce, body = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
            return SecretStr(cipher.decrypt(nonce, body, _bound(table, column, row)).decode())
        except (InvalidTag, ValueError):
            raise SealBroken(
                f"{table}.{column} does not open: it was altered, moved from another row, or "
                f"sealed with another key of the name {key_id!r}; store the secret again"
            ) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value is sealed with the ring's current key."""
        return _split(sealed, "value", "key")[0] == self._current


def _bound(table: str, column: str, row: str) -> bytes:
    return f"{table}:{column}:{row}".encode()


def _split(sealed: bytes, table: str, column: str) -> tuple[str, bytes]:
    if len(sealed) < 2 + NONCE_BYTES or sealed[0] != VERSION:
        raise SealBroken(f"{table}.{column} holds no sealed value; store the secret again")
    end = 2 + sealed[1]
    return sealed[2:end].decode(errors="replace"), sealed[end:]


def _key(name: str, coded: object) -> bytes:
    if not 0 < len(name.encode()) <= MAX_KEY_ID:
        raise _wrong(f"has a key whose id is not of 1 to {MAX_KEY_ID} bytes")
    try:
        key = base64.b64decode(str(coded), validate=True)
    except binascii.Error:
        raise _wrong(f"key {name!r} is not base64") from None
    if len(key) != KEY_BYTES:
        raise _wrong(f"key {name!r} has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"KEY_RING {what}; `parley keys new` prints a good one")
