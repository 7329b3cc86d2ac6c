"""Functions in processes of their own interpreter, as an image runs them, and what they hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import psutil

from local.services import clock
from tests.deploy.images import stack
from tests.programs import ROOT, Program
from tests.services.processes import Process

MB = 1024 * 1024


class Alone(Process):
    """Not forked from a process that has libraries loaded: all its memory is its own."""

    def launch(self) -> Alone:
        variables = {
            "PATH": os.environ["PATH"],
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "FUNCTION_SOURCE": f"functions/{self.name}/handler.py",
            "SECRETS_DIR": str(self.output.parent / "secrets"),
            **clock.moved(),
            **self._settings,
        }
        with self.output.open("ab") as output:
            started = subprocess.Popen(
                [sys.executable, "-m", "shared.runtime.serve"],
                cwd=ROOT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._running = cast("Program", started)
        return self

    @property
    def peak(self) -> int:
        """Bytes of memory that it has held at most: VmHWM of the kernel's."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    @property
    def connections(self) -> int:
        """How many clients it is connected to."""
        found = psutil.Process(self.pid).net_connections("tcp")
        return sum(one.laddr.port == self.port and one.status == "ESTABLISHED" for one in found)


def limit_of(name: str) -> int:
    """Bytes of memory that stack.yml allows a function."""
    entry: Any = stack()[name]
    return int(str(entry["limits"]["memory"]).removesuffix("Mi")) * MB
