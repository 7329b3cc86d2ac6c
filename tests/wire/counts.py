"""Says how many fixtures hold each side to its contract: `python -m tests.wire.counts`."""

from __future__ import annotations

import sys

from tests.wire.schemas import TESTS

SIDES = {"Meta": "whatsapp", "Genesys": "genesys"}


def counts() -> dict[str, dict[str, int]]:
    """Side -> folder of fixtures -> how many cases it has."""
    return {
        side: {
            folder.name: len(list(folder.glob("*.json")))
            for folder in sorted((TESTS / room / "fixtures").iterdir())
        }
        for side, room in SIDES.items()
    }


def told(found: dict[str, dict[str, int]]) -> str:
    """A line a side."""
    lines = [
        f"cases from {side}: {sum(folders.values())} "
        f"({', '.join(f'{name} {count}' for name, count in folders.items())})"
        for side, folders in found.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(told(counts()))
