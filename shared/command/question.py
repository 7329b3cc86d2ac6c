"""A question before something large: answered by a person, or by an option of a script."""

from __future__ import annotations

import sys

from shared.runtime.errors import SettingsError


def confirm(question: str, otherwise: str) -> None:
    """Return after a yes. Raises SettingsError after anything else, or where nobody can be asked.

    `otherwise`: what one may do instead of `--yes`.
    """
    if not sys.stdin.isatty():
        raise SettingsError(f"{question} Nobody is here to answer: give --yes, or {otherwise}")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SettingsError(f"nothing was done; {otherwise}, or give --yes")
