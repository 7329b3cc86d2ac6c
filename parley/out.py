"""Where a command's result goes: standard output, or a file that its owner alone can read.

A file that is there is never overwritten, and is there whole or not at all.
"""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.command.output import remark
from shared.runtime.errors import SettingsError

PRIVATE_FILE = 0o600


def add_out(parser: ArgumentParser, what: str) -> None:
    """The option `--out`."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"write {what} to this new file, for its owner alone (standard output)",
    )


@contextmanager
def opened(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Yield what writes the result, once. Raises SettingsError before anything else is done.

    The file appears when the block ends, and not when it fails.
    """
    if path is None:
        yield lambda text: print(text, flush=True)  # noqa: T201  # made by us, some of many lines
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.exists():
            raise FileExistsError
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except OSError as error:
        raise _refused(path, error) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield lambda text: print(text, file=file)
        path.hardlink_to(beside)
    except FileExistsError as error:
        raise _refused(path, error) from None
    finally:
        beside.unlink()
    remark(f"written to {path}, which you alone can read")


def _refused(path: Path, error: OSError) -> SettingsError:
    if isinstance(error, FileExistsError):
        return SettingsError(f"--out {path} is there already: name a new file, or move that one")
    return SettingsError(f"--out {path} can not be written: {error.strerror}")
