"""Secrets of the local run: made once, kept under the root, handed to each process by name.

A secret `amqp-url` is given by the variable `AMQP_URL`, else by the file of that name.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping

from local.faas.errors import FaasError
from local.faas.layout import Layout, write_private

KEY_BYTES = 32
KEY_RING = "key-ring"
FIRST_KEY = "k1"


def _text() -> str:
    return secrets.token_urlsafe(KEY_BYTES)


def _key_ring(key_id: str = FIRST_KEY) -> str:
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return json.dumps({"current": key_id, "keys": {key_id: key}})


# What a platform's operator would make by hand. All but the first three are for a tenants file that
# takes its secrets from here, as that of `examples/` does; the Meta app's are the demo's too.
GENERATED: Mapping[str, Callable[[], str]] = {
    "service-token-key": _text,
    "auth-token-key": _text,
    KEY_RING: _key_ring,
    "meta-app-secret": _text,
    "meta-verify-token": _text,
    "genesys-webhook-secret": _text,
    "genesys-client-secret": _text,
    "whatsapp-access-token": _text,
}


def variable_of(secret: str) -> str:
    """`amqp-url` -> `AMQP_URL`."""
    return secret.upper().replace("-", "_")


def generate(layout: Layout, key_id: str = FIRST_KEY) -> list[str]:
    """Make the secrets that are not there yet; the names of those made.

    `key_id`: of the key in a new ring.
    """
    made = [name for name in GENERATED if not (layout.secrets / name).exists()]
    for name in made:
        text = _key_ring(key_id) if name == KEY_RING else GENERATED[name]()
        write_private(layout.secrets / name, text)
    return made


def keep(layout: Layout, names: Iterable[str], variables: Mapping[str, str]) -> None:
    """Write each named secret that a variable gives. FaasError names all that are absent."""
    missing = []
    for name in sorted(set(names)):
        value = variables.get(variable_of(name))
        if value:
            write_private(layout.secrets / name, value)
        elif not (layout.secrets / name).is_file():
            missing.append(f"  {name}: set {variable_of(name)}, or write {layout.secrets / name}")
    if missing:
        raise FaasError("secrets are missing:\n" + "\n".join(missing))


def hand_over(layout: Layout, process: str, names: Mapping[str, str]) -> None:
    """Lay one process's secrets folder anew. `names`: file name there -> secret's name here."""
    folder = layout.secrets_of(process)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    for file, secret in names.items():
        text = (layout.secrets / secret).read_text(encoding="utf-8")
        write_private(folder / file, text)
