"""The user that PostgreSQL runs as: it refuses to be root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.services import clock
from local.services.errors import ServicesError

SYSTEM_USER = "postgres"  # made by Debian's package


@dataclass(frozen=True)
class Account:
    """Who runs the programs, and the words to put before a command for that."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    @classmethod
    def for_folder(cls, folder: Path) -> "Account":
        """Make `folder` and answer who owns it: this user, or for root the system's postgres."""
        if os.geteuid() != 0:
            folder.mkdir(mode=0o700, exist_ok=True)
            return cls(os.geteuid(), os.getegid())
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid == 0:  # new, or made by a start that ended right here
            user = _system_user()
            os.chown(folder, user.pw_uid, user.pw_gid)
        owner = folder.stat()
        return cls(owner.st_uid, owner.st_gid, _prefix(owner.st_uid, owner.st_gid, folder))

    @property
    def env(self) -> Mapping[str, str]:
        """What its programs have of an environment."""
        return {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/"}

    def command(self, argv: Sequence[str]) -> list[str]:
        """`argv` as this account runs it; the pid stays the program's own.

        A clock that was moved begins behind the change of the user: what libfaketime makes in
        shared memory belongs to whoever started.
        """
        moved = [f"{name}={value}" for name, value in clock.moved().items()]
        return [*self.prefix, *(["env", *moved] if moved else []), *argv]

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        os.chown(path, self.uid, self.gid)


def _prefix(uid: int, gid: int, folder: Path) -> tuple[str, ...]:
    """Leave root behind; keep the right to pass closed folders only where one is in the way.

    A root folder below /root or a private temporary folder is closed to every other user, and
    opening it for the server's sake would open it for all.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServicesError("setpriv is missing; install it with `apt-get install util-linux`")
    leave = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs")
    ways = [
        leave,
        *(
            (*leave, f"--inh-caps=+{right}", f"--ambient-caps=+{right}")
            for right in ("dac_read_search", "dac_override")
        ),
    ]
    for way in ways:
        # Not `test -w`: access(2) answers for the user without the rights that were kept.
        tried = subprocess.run(
            [*way, "stat", f"{folder}/."],
            env={"PATH": os.defpath},
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return way
    raise ServicesError(
        f"user {uid} cannot reach {folder}: a folder above it is closed to others; choose another "
        "with --root"
    )


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise ServicesError(
            f"PostgreSQL does not run as root and there is no user {SYSTEM_USER}; make one with "
            f"`useradd --system {SYSTEM_USER}`"
        ) from None
