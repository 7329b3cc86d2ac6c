"""A shell in a fresh copy of the repository: what a reader of the pages has before them."""

import importlib.util
import os
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.services import clock
from tests.support import ROOT

LIMIT_S = 300.0  # for one command; the longest starts everything, on a busy machine
VENV = Path(sys.prefix)


@dataclass(frozen=True)
class Said:
    """How a command ended, and all that it said."""

    code: int
    text: str


class Copy:
    """The files that git would hand out, and nothing else, under a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = self._git("ls-files", "-z", "--cached", "--others", "--exclude-standard", at=ROOT)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                self._take(Path(name))
        self._git("init", "-q")
        self._git("add", "-A")
        who = ("-c", "user.name=reader", "-c", "user.email=reader@example.com")
        self._git(*who, "commit", "-q", "-m", "as it is handed out")
        (folder / ".venv").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (folder / ".venv" / name).symlink_to(VENV / name)
        (folder / ".venv" / ".installed").touch()

    def _take(self, name: Path) -> None:
        """Copy a file, and its bytecode, which spares each process a second."""
        files = [name]
        if name.suffix == ".py":
            files.append(Path(importlib.util.cache_from_source(str(name))))
        for file in files:
            if (ROOT / file).is_file():
                (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, self.folder / file)

    def _git(self, *arguments: str, at: Path | None = None) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=at or self.folder, check=True, capture_output=True, text=True
        ).stdout

    def untracked(self) -> list[str]:
        """What git would add or has seen changed."""
        return self._git("status", "--porcelain").splitlines()


class Shell:
    """One bash, so that a variable that a page sets is there in its later commands."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._notes = folder.parent / "shell"
        self._notes.mkdir(exist_ok=True)
        path = f"{folder / '.venv' / 'bin'}:{os.environ['PATH']}"
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-o", "pipefail"],
            cwd=folder,
            env={
                **clock.moved(),
                "PATH": path,
                "HOME": str(folder.parent),
                "LANG": "C.UTF-8",
                **variables,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, text: str) -> Said:
        """Run it as if typed. Raises TimeoutError."""
        script, output = self._notes / "typed", self._notes / "said"
        script.write_text(text + "\n", encoding="utf-8")
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        line = f"source '{script}' </dev/null >'{output}' 2>&1; echo $?\n"
        self._bash.stdin.write(line.encode())
        self._bash.stdin.flush()
        ready, _, _ = select.select([self._bash.stdout], [], [], LIMIT_S)
        if not ready:
            raise TimeoutError(f"not done after {LIMIT_S:.0f} s: {text}\n{output.read_text()}")
        code = int(self._bash.stdout.readline())
        return Said(code, output.read_text(encoding="utf-8", errors="replace"))

    def close(self) -> None:
        """End it, and what it still runs in the foreground."""
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
