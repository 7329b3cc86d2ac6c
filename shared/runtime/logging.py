"""Structured logs: one JSON line an event on stdout, keys bound once at the door.

Rule: never message text, names, phone numbers or secrets. Only `bind` adds keys: of Powertools'
three ways it is the one that keeps requests apart on an event loop.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import sys
import traceback
from collections.abc import Container
from pathlib import PurePath
from typing import Any, TextIO

import orjson
from aws_lambda_powertools import Logger

_ROOT = "parley"
_FRAMES_SHOWN = 6
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class _Process:
    """What all lines of this process share."""

    service = _ROOT


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to whatever `sys.stdout` is now, so that a redirection is honoured."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # a plain attribute in the base class
        return sys.stdout


def _serialize(line: Any) -> str:
    line["service"] = _Process.service
    return orjson.dumps(line, default=str).decode()


def _as_it_is(message: Any) -> Any:
    """Powertools tries to read each message as JSON; ours are event names."""
    return message


def _level() -> str | None:
    """The level that the environment names; None for one that is none."""
    given = (os.environ.get("LOG_LEVEL") or "INFO").upper()
    return given if given in LEVELS else None


def level_fault() -> str | None:
    """What is wrong with LOG_LEVEL, in words. The logger itself is made without it, at import."""
    return None if _level() else f"LOG_LEVEL: is none of {', '.join(LEVELS)}"


@functools.cache
def logger() -> Logger:
    """The process's logger. Use: `log.info("message_delivered", extra={"part": 1})`."""
    return Logger(
        service=_ROOT,
        level=_level() or "INFO",
        logger_handler=_Stdout(),
        json_serializer=_serialize,
        json_deserializer=_as_it_is,
        use_rfc3339=True,
        utc=True,
    )


def name_service(name: str) -> None:
    """Say which service this process is; part of every line."""
    _Process.service = name


def bind(**keys: str | int | None) -> None:
    """Add keys to every further line of this request, and of no other."""
    given = {name: value for name, value in keys.items() if value is not None}
    logger().thread_safe_append_keys(**given)


def stand_in(value: str) -> str:
    """Sixteen hex digits for a log: the same for the same id, and telling nothing of it.

    A wamid holds the customer's number in base64.
    """
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def one_of(known: Container[str], value: str | None) -> str | None:
    """A word of a closed list as it is, of any other a stand-in: a body may say anything there."""
    return value if not value or value in known else f"odd:{stand_in(value)}"


def describe(error: BaseException) -> dict[str, str]:
    """An exception for a log line: its class and where it was raised, never its words.

    The words of a foreign exception may hold what a customer wrote.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_SHOWN:]
    where = " > ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames)
    return {"error": type(error).__name__, "where": where}
