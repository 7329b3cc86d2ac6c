"""How a command ends when nobody reads its output any more: quietly, and without a traceback.

One that only shows something ends there. One that changes something goes on to its end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

READER_GONE = 141  # 128 + SIGPIPE, as a shell says it of programs that the signal ends
NOT_WRITTEN = 1


class Stream:
    """A standard stream that outlives its reader.

    It knows a closed pipe of its own from one of a server's connection.
    """

    def __init__(self, stream: Any, *, ends: bool) -> None:
        """`ends`: whether the command ends once nobody reads."""
        self._stream = stream
        self.ends = ends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As a stream does."""
        self._guard(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """The same."""
        self._guard(self._stream.flush)

    def write_bytes(self, body: bytes) -> None:
        """Bytes as they are, after the text so far."""
        self.flush()
        self._guard(self._stream.buffer.write, body)
        self._guard(self._stream.buffer.flush)

    def _guard(self, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            call(*arguments)
        except OSError as error:  # a closed pipe, a full disk
            self._to_nowhere()
            if isinstance(error, BrokenPipeError):
                if self.ends:
                    raise SystemExit(READER_GONE) from None
                return
            sys.stderr.write(f"standard output can not be written: {error.strerror}\n")
            if self.ends:
                raise SystemExit(NOT_WRITTEN) from None

    def _to_nowhere(self) -> None:
        """What is still in the buffer, or is written from now on, is thrown away."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def run_to_its_end(run: Callable[[Callable[[], None]], int]) -> int:
    """Run a command. `run` gets what it calls once it is known that the command changes things."""
    plain = sys.stdout, sys.stderr
    streams = [Stream(one, ends=one is plain[0]) for one in plain if one is not None]
    for stream in streams:
        setattr(sys, "stdout" if stream.ends else "stderr", stream)

    def go_on() -> None:
        for stream in streams:
            stream.ends = False

    try:
        try:
            return run(go_on)
        finally:
            for stream in streams:
                stream.flush()
    finally:
        sys.stdout, sys.stderr = plain
