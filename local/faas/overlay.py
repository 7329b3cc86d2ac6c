"""Lays files over stack.yml: `python -m local.faas.overlay OVERLAY... > build/stack-pro.yml`.

faas-cli reads one file and merges none. `${NAME:-default}` passes as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from local.faas.errors import FaasError


class _Quoting(yaml.SafeDumper):
    """Writes every string in quotes: `${PARTITIONS:-8}` must not turn into a number."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _quoted)


def merge(under: Mapping[str, Any], over: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """Mappings join, all else is replaced. FaasError for a function that is not underneath."""
    merged = dict(under)
    for key, value in over.items():
        if at == "functions" and key not in under:
            raise FaasError(f"the overlay names a function that the stack has not: {key}")
        below = under.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below or {}, value, key) if both else value
    return merged


def overlay(stack: str, overlays: Sequence[str]) -> str:
    """The merged stack file's text."""
    merged = yaml.safe_load(stack)
    for text in overlays:
        merged = merge(merged, yaml.safe_load(text))
    return yaml.dump(merged, Dumper=_Quoting, sort_keys=False, width=10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the process: 0, or 1 with what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.faas.overlay", description=__doc__)
    parser.add_argument("overlays", nargs="+", type=Path, metavar="OVERLAY")
    parser.add_argument("--yaml", "-f", type=Path, default=Path("stack.yml"))
    given = parser.parse_args(arguments)
    try:
        texts = [path.read_text(encoding="utf-8") for path in (given.yaml, *given.overlays)]
        sys.stdout.write(overlay(texts[0], texts[1:]))
    except (FaasError, OSError) as error:
        sys.stderr.write(f"overlay: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
