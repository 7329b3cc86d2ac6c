"""Where faas-local keeps things under its root folder (`.local`); all of it may be deleted."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.faas.errors import FaasError

PRIVATE_FOLDER = 0o700
ROOT_FOLDER = 0o711  # PostgreSQL, which runs as a user of its own, must pass through to its data
PRIVATE_FILE = 0o600


@dataclass(frozen=True)
class Layout:
    """The folders and files of one root."""

    root: Path

    @property
    def env_file(self) -> Path:
        """Sourceable: what `up` chose."""
        return self.root / "env"

    @property
    def secrets(self) -> Path:
        """One file a secret."""
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Plan and state of the supervisor, and each process's private secrets."""
        return self.root / "faas"

    @property
    def plan_file(self) -> Path:
        """What the supervisor is to run. Holds addresses with passwords: private."""
        return self.run / "plan.json"

    @property
    def state_file(self) -> Path:
        """What it runs: pids, start times, restarts."""
        return self.run / "state.json"

    def log_of(self, name: str) -> Path:
        """The log of a process, or of the supervisor."""
        return self.logs / f"{name}.log"

    def secrets_of(self, name: str) -> Path:
        """The folder that one process sees as its mounted secrets."""
        return self.run / "secrets" / name

    def make(self) -> None:
        """Make the folders."""
        self.root.mkdir(mode=ROOT_FOLDER, parents=True, exist_ok=True)
        for folder in (self.secrets, self.logs, self.run):
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the root against a second `up` or `down`. Raises FaasError when one is at it."""
        self.make()
        with (self.run / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FaasError(
                    f"another faas-local is working on {self.root}: wait for it, or use --root"
                ) from None
            yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)
