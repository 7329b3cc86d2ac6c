"""What is done to a house that is lived in: every process replaced, the keys rotated."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from local.faas.layout import write_private
from tests.faults.field import Field
from tests.faults.kills import EVERY
from tests.faults.scenario import Scenario
from tests.ports import free_port

LED_AWAY_S = 0.5  # a platform leads callers away before it tells a process to end
SECRET = "key-ring"


def roll(field: Field, names: Sequence[str] = EVERY) -> None:
    """Replace one after the other: a new one is ready, then the old one is told to end."""
    for name in names:
        port = free_port()
        with field.another(name, port):
            if name == "connector":
                _replace(field, name)
            else:
                _hand_over(field, name, port)


def _hand_over(field: Field, name: str, second: int) -> None:
    """Traffic goes to the second one, at that port, while the first is replaced, and back."""
    gate = field.gates[name]
    first = gate.target
    gate.target = lambda: f"http://127.0.0.1:{second}"
    try:
        field.rest(LED_AWAY_S)
        _replace(field, name)
    finally:
        gate.target = first
        field.rest(LED_AWAY_S)


def _replace(field: Field, name: str) -> None:
    old = field.running(name)
    field.signal(name, signal.SIGTERM)
    field.gone(old)
    field.ready(name)


def _rotate_keys(field: Field) -> None:
    """As docs/rotate-keys.md says: stand by, seal, seal anew, drop; each ring is rolled out."""
    secrets = field.layout.secrets
    ring, parley = str(secrets / SECRET), field.stack.parley
    standing = parley("keys", "new", SECRET, "--add-to", ring, "--id", "k2", "--standby").stdout
    _roll_out(field, standing)
    _roll_out(field, parley("keys", "ring", ring, "--use", "k2").stdout)
    parley("keys", "rotate")
    _roll_out(field, parley("keys", "ring", ring, "--drop", "k1").stdout)


def _roll_out(field: Field, ring: str) -> None:
    """Give a ring to all that hold it, and replace them."""
    layout = field.layout
    holders = [name for name in EVERY if (layout.secrets_of(name) / SECRET).is_file()]
    for folder in (layout.secrets, *(layout.secrets_of(name) for name in holders)):
        write_private(folder / SECRET, ring)
    roll(field, holders)


SCENARIOS = [
    Scenario("everything replaced under load", roll, lines=2400, unbroken=True),
    Scenario("keys rotated under load", _rotate_keys, lines=2400, unbroken=True),
]
