"""What libraries log, and what nobody awaits, as lines of ours: who said it and where.

Never their words: a traceback may hold what a customer wrote, and no line of plain text is a line.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from pathlib import PurePath
from typing import Any

from shared.runtime.logging import describe, logger

log = logger()

SERVER = "uvicorn.error"
"""Its warnings are about strangers' bytes, which are counted: `connections_ended`."""


class _Ours(logging.Handler):
    """Writes a library's record as an event."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] == log.name:
            return
        told = {
            "library": record.name,
            "place": f"{PurePath(record.pathname).name}:{record.lineno}",
        }
        raised = record.exc_info[1] if record.exc_info else record.msg
        write = log.error if record.levelno >= logging.ERROR else log.warning
        write("library_log", extra=told | _described(raised))


def take_over() -> None:
    """Have every library's warnings and errors written so. For the whole process."""
    logging.getLogger().handlers[:] = [_Ours(logging.WARNING)]
    logging.getLogger(SERVER).setLevel(logging.ERROR)


def watch(loop: asyncio.AbstractEventLoop) -> None:
    """Have what nobody awaited on this loop written so."""
    loop.set_exception_handler(_unawaited)


def _unawaited(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    log.error("library_log", extra={"library": "asyncio"} | _described(context.get("exception")))


def _described(raised: Any) -> dict[str, str]:
    if not isinstance(raised, BaseException):
        return {}
    name = errno.errorcode.get(raised.errno or 0) if isinstance(raised, OSError) else None
    return describe(raised) | ({} if name is None else {"errno": name})
