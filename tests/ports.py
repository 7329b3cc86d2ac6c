"""Ports on loopback for tests: while a process has one, no other process of tests is given it.

A block of ports is held by a socket bound to its last one, which ends with the process. All lie
below those of local.services and those that Linux gives to outgoing connections: one of these,
once found free, may be taken before a server binds.
"""

import socket
from collections.abc import Iterator

from local.services.ports import LOOPBACK, is_free

BLOCK = 200
SINGLE = range(10_000, 20_000, BLOCK)
COPIES = range(20_000, 24_000, BLOCK)
FIRST_OF_A_COPY = 3_000  # as stack.yml has it; the last is the sandbox's, 98 above

_holders: list[socket.socket] = []


def _hold(blocks: range) -> Iterator[range]:
    """Take one block after the other of those that no process has."""
    for first in blocks:
        holder = socket.socket()
        try:
            holder.bind((LOOPBACK, first + BLOCK - 1))
        except OSError:
            holder.close()
            continue
        _holders.append(holder)
        yield range(first, first + BLOCK - 1)
    raise RuntimeError(f"other tests have all ports from {blocks.start} to {blocks.stop}")


def _each() -> Iterator[int]:
    for block in _hold(SINGLE):
        yield from block


_ports = _each()
_copies = _hold(COPIES)


def free_port() -> int:
    """A port that is free now, and was given to nobody while this process runs."""
    return next(port for port in _ports if is_free(port))


def free_offset() -> int:
    """A `--port-offset` for a whole copy of the stack, all of whose ports are free."""
    block = next(block for block in _copies if all(is_free(port) for port in block))
    return block.start - FIRST_OF_A_COPY
