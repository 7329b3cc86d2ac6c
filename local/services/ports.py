"""Ports on 127.0.0.1 that are chosen once, remembered, and changed only when someone has them."""

import json
import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from local.services.errors import ServicesError

LOOPBACK = "127.0.0.1"
# Below 32768, where Linux takes the ports of outgoing connections (ip_local_port_range), and
# away from every server's default.
FIRST, LAST, BLOCK = 24000, 32000, 20
TRIES = 200


class Ports:
    """The ports of one root, by server and use; safe to ask from several threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._chosen: dict[str, dict[str, int]] = {}
        if file.exists():
            try:
                self._chosen = json.loads(file.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ServicesError(
                    f"{file} is not JSON ({error}); remove it to have ports chosen anew"
                ) from error

    def of(self, server: str) -> dict[str, int]:
        """The ports of a server by use; empty when it never ran."""
        return dict(self._chosen.get(server, {}))

    def choose(
        self, server: str, uses: tuple[str, ...], report: Callable[[str], None]
    ) -> dict[str, int]:
        """Ports for a server that is about to start: those of last time where they are free."""
        with self._lock:
            old = self._chosen.get(server, {})
            new = {use: old[use] for use in uses if use in old and is_free(old[use])}
            for use in uses:
                if use not in new:
                    new[use] = self._free_port()
                    self._chosen[server] = {**self._chosen.get(server, {}), use: new[use]}
                    if use in old:
                        report(f"{server}: port {old[use]} ({use}) is taken, using {new[use]}")
            self._chosen[server] = new
            written = self._file.with_suffix(".new")
            written.write_text(json.dumps(self._chosen, indent=2) + "\n", encoding="utf-8")
            written.replace(self._file)
            return dict(new)

    def _free_port(self) -> int:
        """One from the block of this root, or from anywhere in the range once the block is full.

        Blocks keep two roots that are started at the same moment from reaching for one port.
        """
        used = {port for uses in self._chosen.values() for port in uses.values()}
        if used:
            start = min(used) // BLOCK * BLOCK
        else:
            start = FIRST + secrets.randbelow((LAST - FIRST) // BLOCK) * BLOCK
        for port in range(start, start + BLOCK):
            if port not in used and is_free(port):
                return port
        for _ in range(TRIES):
            port = FIRST + secrets.randbelow(LAST - FIRST)
            if port not in used and is_free(port):
                return port
        raise ServicesError(f"no free port found between {FIRST} and {LAST}")


def is_free(port: int) -> bool:
    """Whether a server could listen on that port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # Servers set this too: a connection that is fading away must not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def listening(port: int) -> bool:
    """Whether someone listens on that port of 127.0.0.1."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
