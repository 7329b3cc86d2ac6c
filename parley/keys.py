"""`parley keys new`: fresh secrets for the platform, printed to be put where secrets live."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from parley.environment import Environment
from shared.runtime.errors import SettingsError
from shared.tenancy.vault import KeyRing

SERVICE_KEY_BYTES = 48


def new(given: argparse.Namespace, environment: Environment) -> int:
    """Print the key on stdout and what to do with it on stderr."""
    del environment
    if given.kind == "service-token-key":
        print(secrets.token_urlsafe(SERVICE_KEY_BYTES))
        _say("it becomes the secret service-token-key (SERVICE_TOKEN_KEY) in three rollouts:")
        _say("1. the new key as SERVICE_TOKEN_KEY_PREVIOUS everywhere, so that all accept it;")
        _say("2. the new one as SERVICE_TOKEN_KEY, the old one as SERVICE_TOKEN_KEY_PREVIOUS;")
        _say("3. SERVICE_TOKEN_KEY_PREVIOUS taken away")
        return 0
    fresh = KeyRing.generate(given.id)
    print((_with(given.add_to, fresh) if given.add_to else fresh).dump())
    _say("put it in the secret key-ring (KEY_RING) of tenancy, auth, wa-api and genesys-api;")
    _say("keep a copy safe: without it the stored credentials can not be opened")
    return 0


def _with(path: Path, fresh: KeyRing) -> KeyRing:
    """The ring of the file with the new key as current. Raises SettingsError."""
    try:
        old = KeyRing.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--add-to {path} can not be read: {type(error).__name__}") from None
    if fresh.current in old.keys:
        raise SettingsError(f"{path} has a key {fresh.current!r} already: give another --id")
    return KeyRing(fresh.current, old.keys | fresh.keys)


def _say(words: str) -> None:
    print(words, file=sys.stderr)
