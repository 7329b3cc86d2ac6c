"""`parley keys new` and `ring`: fresh secrets and changed rings, made for where secrets live."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from parley.environment import Environment
from parley.out import opened
from shared.command.output import remark
from shared.runtime.errors import SettingsError
from shared.tenancy.vault import KeyRing

SERVICE_KEY_BYTES = 48
# Keys of the tokens between functions, and who has each.
USERS = {
    "service-token-key": "every function, the connector and this command",
    "auth-token-key": "auth and tenancy, and of nobody else",
}


def new(given: argparse.Namespace, environment: Environment) -> int:
    """Write the key to stdout or --out, and what to do with it to stderr."""
    del environment
    if given.kind in USERS:
        _write(given, secrets.token_urlsafe(SERVICE_KEY_BYTES))
        name, users = given.kind.upper().replace("-", "_"), USERS[given.kind]
        remark(f"it becomes the secret {given.kind} ({name}) of {users} in three rollouts:")
        remark(f"1. the new key as {name}_PREVIOUS there, so that all accept it;")
        remark(f"2. the new one as {name}, the old one as {name}_PREVIOUS;")
        remark(f"3. {name}_PREVIOUS taken away")
        return 0
    fresh = KeyRing.generate(given.id)
    if given.add_to:
        fresh = _with(given.add_to, fresh, standby=given.standby)
    _write(given, fresh.dump())
    remark("put it in the secret key-ring (KEY_RING) of tenancy, auth, wa-api and genesys-api;")
    remark("keep a copy safe: without it the stored credentials can not be opened")
    return 0


def ring(given: argparse.Namespace, environment: Environment) -> int:
    """The ring of a file with another current key, or without a key. Raises SettingsError."""
    del environment
    old = _read(given.file)
    current = given.use or old.current
    keys = {name: key for name, key in old.keys.items() if name != given.drop}
    if current not in keys or (given.drop and given.drop not in old.keys):
        raise SettingsError(f"{given.file} would have no key {current!r}, or never had --drop's")
    _write(given, KeyRing(current, keys).dump())
    remark(f"{current!r} seals; to open there are {', '.join(sorted(keys))}")
    return 0


def _write(given: argparse.Namespace, text: str) -> None:
    with opened(given.out) as write:
        write(text)


def _read(path: Path) -> KeyRing:
    try:
        return KeyRing.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can not be read: {type(error).__name__}") from None


def _with(path: Path, fresh: KeyRing, *, standby: bool) -> KeyRing:
    """The ring of the file with the new key, as current or beside it. Raises SettingsError."""
    old = _read(path)
    if fresh.current in old.keys:
        raise SettingsError(f"{path} has a key {fresh.current!r} already: give another --id")
    current = old.current if standby else fresh.current
    return KeyRing(current, old.keys | fresh.keys)
