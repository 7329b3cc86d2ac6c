"""Starting children that outlive us, and ending them by who they are, not by number alone.

A record names a process by pid, start time and boot; a pid that another program got since is
never touched.
"""

import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

TICK = 0.02  # seconds between two looks at a process


@dataclass(frozen=True)
class Command:
    """A program to start: its name in messages, arguments (the first an absolute path) and env."""

    what: str
    argv: Sequence[str]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Process:
    """One started process, as /proc told it apart from all others."""

    what: str
    pid: int
    started: int  # clock ticks after boot: field 22 of /proc/<pid>/stat, see proc(5)
    boot: str

    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        try:
            state, started = _stat(self.pid)
        except (FileNotFoundError, ProcessLookupError):
            return False
        if (started, _boot()) != (self.started, self.boot):
            return False
        return state not in "ZX" or not _has_ended(self.pid)

    def end(self, gently: signal.Signals, limit: float) -> bool:
        """Ask it to stop; after `limit` seconds kill its group. False when it had to be killed."""
        if not self.alive():
            return True
        os.kill(self.pid, gently)
        if self._gone_within(limit):
            return True
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._gone_within(limit)
        return False

    def _gone_within(self, limit: float) -> bool:
        deadline = time.monotonic() + limit
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(TICK)
        return True


def spawn(command: Command, log: Path) -> Process:
    """Start `command` in a session of its own, in `/`, its output appended to `log`.

    posix_spawn rather than subprocess: a Popen object would warn that its child outlives it,
    which is just what is wanted here.
    """
    output = (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    pid = os.posix_spawn(
        "/usr/bin/env",  # changes folder, then becomes the program: same pid
        ["env", "--chdir=/", *command.argv],
        dict(command.env),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            output,
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigdef=[signal.SIGINT, signal.SIGPIPE, signal.SIGHUP],
    )
    # A child of ours cannot vanish before we collect it, so its start time is there to be read.
    return Process(command.what, pid, _stat(pid)[1], _boot())


def load(record: Path) -> list[Process]:
    """The processes that a record names; none when there is no record or half of one."""
    try:
        return [Process(**row) for row in json.loads(record.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def save(record: Path, processes: Sequence[Process]) -> None:
    """Write the record whole, or not at all."""
    new = record.with_suffix(".new")
    new.write_text(json.dumps([asdict(process) for process in processes]), encoding="utf-8")
    new.replace(record)


def _has_ended(pid: int) -> bool:
    """Whether a zombie is all that is left: other threads keep sockets open a little longer."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # another process's child
        try:
            return len(list(Path(f"/proc/{pid}/task").iterdir())) <= 1
        except FileNotFoundError:
            return True


def _stat(pid: int) -> tuple[str, int]:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rpartition(")")[2].split()  # the program's name before it may hold blanks
    return fields[0], int(fields[19])


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
