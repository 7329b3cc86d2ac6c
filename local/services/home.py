"""Where everything of the servers lives under one root folder, and its passwords.

Passwords are made once and kept (0600), so that old data and new servers agree.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.services.errors import ServicesError

LOG_LIMIT = 5 * 1024 * 1024  # bytes; a longer log is set aside once at the next start


class Home:
    """The folders of one root: `logs/` beside `services/{run,secrets,<server>}`."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.services = self.root / "services"

    def make(self) -> None:
        """Make the folders; raises ServicesError when this user may not write there."""
        try:
            for folder in (self.services, self.root / "logs"):
                folder.mkdir(parents=True, exist_ok=True)
            for name in ("run", "secrets"):
                (self.services / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise ServicesError(
                f"cannot make {error.filename}: {error.strerror}; choose another folder with --root"
            ) from error
        self.check()

    def check(self) -> None:
        """Raise ServicesError when it is there, but another user's."""
        secrets_folder = self.services / "secrets"
        if secrets_folder.exists() and not os.access(secrets_folder, os.R_OK | os.W_OK | os.X_OK):
            raise ServicesError(
                f"{self.services} belongs to {secrets_folder.owner()}; work as that user or choose "
                "another folder with --root"
            )

    @property
    def ports_file(self) -> Path:
        """The chosen ports."""
        return self.services / "ports.json"

    def folder(self, server: str) -> Path:
        """The data and configuration of one server."""
        return self.services / server

    def record(self, server: str) -> Path:
        """The processes that were started for one server."""
        return self.services / "run" / f"{server}.json"

    def log(self, server: str) -> Path:
        """The output of one server, all runs."""
        return self.root / "logs" / f"{server}.log"

    def fresh_log(self, server: str) -> Path:
        """The same, set aside first when it has grown long."""
        log = self.log(server)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        return log

    def password(self, name: str) -> str:
        """The password of that name: 32 hexadecimal characters, made at the first call."""
        file = self.services / "secrets" / name
        if not file.exists():
            write_private(file, secrets.token_hex(16))
        return file.read_text(encoding="ascii")

    @contextmanager
    def locked(self, report: Callable[[str], None]) -> Iterator[None]:
        """Keep other commands on this root out; the kernel lets go when this process ends."""
        descriptor = os.open(self.services / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report(f"waiting for another command on {self.root}")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def write_private(file: Path, text: str) -> None:
    """Write `text` for this user alone, whole or not at all."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    new.replace(file)
