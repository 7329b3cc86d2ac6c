"""Where the command's settings come from: the environment, a file of variables, secret files.

The file is the one that --env-file names, else `.local/env`, unless the environment speaks of
another installation. A value is never shown when it is a secret; its name and source are.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.command.output import remark
from shared.runtime.errors import SettingsError
from shared.runtime.secret_files import read_secret, secret_path

_ASSIGNMENT = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<value>.*)")

LOCAL_FILE = Path(".local/env")
# PostgreSQL as the owner of the tables: the first that is set.
OWNER_DATABASE = ("DATABASE_OWNER_URL", "DATABASE_URL")
HOW = (
    "export it, name a file that sets it with --env-file (faas-local writes .local/env), "
    "or write the secret file"
)


class NotSetError(SettingsError):
    """A setting is nowhere to be found. `what` says which, without the how."""

    def __init__(self, names: tuple[str, ...], ignored: str = "") -> None:
        """Of several names the first is to be set. `ignored`: why a file was not used."""
        self.what = f"{' or '.join(names)} is not set"
        how = f"{HOW} {secret_path(names[0].lower())}"
        super().__init__(f"{self.what}: {how}" + (f"\n{ignored}" if ignored else ""))


@dataclass(frozen=True)
class Found:
    """A setting's value and where it was found."""

    name: str
    value: str = field(repr=False)
    source: str


class Environment:
    """Looks settings up by name: the environment, then a file of variables, then a secret file."""

    def __init__(self, env_file: Path | None = None) -> None:
        """Without `env_file` the local one is used, where it fits.

        Raises SettingsError when a file that was named can not be read.
        """
        self.ignored = ""
        if env_file is None:
            self._file, self._variables, self.ignored = _local()
        else:
            self._file, self._variables = env_file, _read(env_file)
        self._to_announce = env_file is None and self._file is not None
        # By these the runtime finds secret files; it looks at the environment alone.
        self._handed_on: set[str] = set()
        for name, value in self._variables.items():
            steers = name == "SECRETS_DIR" or name.endswith("_SECRET")
            if steers and not os.environ.get(name):  # an empty variable counts as absent
                os.environ[name] = value
                self._handed_on.add(name)

    def find(self, *names: str) -> Found | None:
        """The first of the names that is set anywhere."""
        for name in names:
            if (value := os.environ.get(name)) and name not in self._handed_on:
                return Found(name, value, "environment")
            if value := self._variables.get(name):
                self._announce()
                return Found(name, value, str(self._file))
            if value := read_secret(name.lower()):
                if self._handed_on:
                    self._announce()
                return Found(name, value, str(secret_path(name.lower())))
        return None

    def variable(self, name: str) -> str | None:
        """A variable of the environment or the file, not a secret file."""
        return os.environ.get(name) or self._variables.get(name)

    def need(self, *names: str) -> Found:
        """The same. Raises NotSetError, which says what to set, and where."""
        found = self.find(*names)
        if found is None:
            raise NotSetError(names, self.ignored)
        return found

    def _announce(self) -> None:
        """Say once that settings come from a file that nobody named."""
        if self._to_announce:
            self._to_announce = False
            remark(f"parley: settings from {self._file}")


def _local() -> tuple[Path | None, Mapping[str, str], str]:
    """The local file and its variables, or why it is not used.

    Settings of two installations are never mixed: a message must not go to the wrong one.
    """
    if not LOCAL_FILE.is_file():
        return None, {}, ""
    try:
        variables = _read(LOCAL_FILE)
    except SettingsError as error:
        return None, {}, f"not used: {error.detail.removeprefix('--env-file ')}"
    others = sorted(
        name for name, value in variables.items() if os.environ.get(name, value) not in (value, "")
    )
    if others:
        return (
            None,
            {},
            (
                f"{LOCAL_FILE} is there and not used, as the environment has another {others[0]}; "
                f"--env-file {LOCAL_FILE} uses it"
            ),
        )
    return LOCAL_FILE, variables, ""


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
