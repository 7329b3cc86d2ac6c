"""Where the command's settings come from: the environment, a file of variables, secret files.

A value is told by its name and source only; what it is stays untold unless it is no secret.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.runtime.errors import SettingsError
from shared.runtime.secret_files import read_secret, secret_path

_ASSIGNMENT = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")


HOW = (
    "export it, name a file that sets it with --env-file (faas-local writes .local/env), "
    "or write the secret file"
)


class NotSetError(SettingsError):
    """A setting is nowhere to be found. `what` says which, without the how."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Of several names the first is to be set."""
        self.what = f"{' or '.join(names)} is not set"
        super().__init__(f"{self.what}: {HOW} {secret_path(names[0].lower())}")


@dataclass(frozen=True)
class Found:
    """A setting's value and where it was found."""

    name: str
    value: str = field(repr=False)
    source: str


class Environment:
    """Looks settings up by name: the environment, then `--env-file`, then a secret file."""

    def __init__(self, env_file: Path | None = None) -> None:
        """Raises SettingsError when the file can not be read."""
        self._file = env_file
        self._variables = {} if env_file is None else _read(env_file)
        # By these the runtime finds secret files; it looks at the environment alone.
        self._handed_on: set[str] = set()
        for name, value in self._variables.items():
            if name not in os.environ and (name == "SECRETS_DIR" or name.endswith("_SECRET")):
                os.environ[name] = value
                self._handed_on.add(name)

    def find(self, *names: str) -> Found | None:
        """The first of the names that is set anywhere."""
        for name in names:
            if (value := os.environ.get(name)) and name not in self._handed_on:
                return Found(name, value, "environment")
            if value := self._variables.get(name):
                return Found(name, value, str(self._file))
            if value := read_secret(name.lower()):
                return Found(name, value, str(secret_path(name.lower())))
        return None

    def variable(self, name: str) -> str | None:
        """A variable of the environment or the file, not a secret file."""
        return os.environ.get(name) or self._variables.get(name)

    def need(self, *names: str) -> Found:
        """The same. Raises NotSetError, which says what to set, and where."""
        found = self.find(*names)
        if found is None:
            raise NotSetError(names)
        return found


def _read(path: Path) -> Mapping[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--env-file {path} can not be read: {type(error).__name__}") from None
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(line.strip())
        try:
            words = None if match is None else shlex.split(match["value"])
        except ValueError:
            words = None
        if match is None or words is None or len(words) > 1:
            raise SettingsError(f"--env-file {path}: line {number} is not NAME=value")
        found[match["name"]] = "".join(words)
    return found
